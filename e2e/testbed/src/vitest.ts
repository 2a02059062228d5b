/** What test files need of the testbed; it is for code that runs inside vitest only. */
export { type ClusterObject, makeObject, makePriorityClass, makeQuota } from './cluster-object.ts';
export { held, release, startRunning, waitForPodToEnd } from './held-command.ts';
export { outcome, runs, unplaceable } from './job-samples.ts';
export { seededRandom } from './seeded-random.ts';
export type { FinishedJob, JobOptions } from './testbed-handle.ts';
export { type CurrentTestbed, useTestbed } from './use-testbed.ts';
export { wholeLife } from './whole-life.ts';
