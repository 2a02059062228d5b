export { type Composition, compose, type Environments, mergeEnv, mergeResources, type ResolvedContainer } from './compose.ts';
export type { PodDefaults } from './defaults.ts';
export { toLabelValue } from './metadata.ts';
export {
  annotationKeys,
  containerNames,
  labelKeys,
  managedByValue,
  ownContainerNames,
  paths,
  podFinalizer,
  podNameFor,
  volumeNames,
} from './names.ts';
export { RenderError, type RenderErrorCode } from './render-error.ts';
export { renderPod, timeoutsOf } from './render-pod.ts';
