export { type BuildJobRecord, BuildJobWatch } from './build-job-watch.ts';
export { type BuildJobInput, TestbedSession } from './connect-testbed.ts';
export { ControllerDeployment } from './controller-deployment.ts';
export { GitRepository } from './git-repository.ts';
export { type ImageReferences, provideImages } from './operator-images.ts';
export { type PodRecord, PodWatch } from './pod-watch.ts';
export { startTestbed, type Testbed, type TestbedInfo, type TestbedOptions } from './start-testbed.ts';
