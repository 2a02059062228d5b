export { type BuildEnvironment, type BuildEnvironmentSpec, buildEnvironment, buildEnvironmentSpec } from './build-environment.ts';
export { type BuildJob, type BuildJobSpec, type BuildJobStatus, buildJob, buildJobSpec, buildJobStatus } from './build-job.ts';
export type { CommandContainer } from './command-container.ts';
export { type Condition, condition, type ObjectMeta, objectMeta } from './object-meta.ts';
export { type InvalidObjectCode, InvalidObjectError, type ObjectFault, parseBuildEnvironment, parseBuildJob } from './parse.ts';
export { isFinal, type Phase, phaseMeanings, phases } from './phases.ts';
export type {
  AdditionalContainer,
  ContainerTemplate,
  EnvVar,
  NodePreference,
  NodeRequirement,
  ResourceRequirements,
  Toleration,
  Volume,
  VolumeMount,
} from './pod-parts.ts';
export { type Reason, reasonNames, reasons } from './reasons.ts';
export {
  apiGroup,
  apiVersion,
  apiVersionName,
  buildEnvironmentResource,
  buildJobResource,
  reportEndingFinalizer,
} from './resource-names.ts';
