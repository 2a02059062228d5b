export { type Composition, compose } from './compose.ts';
export { type ContainerSource, mergeResources } from './container-resources.ts';
export type { PodDefaults } from './defaults.ts';
export { filtersEnvironment } from './environment-filter.ts';
export { environmentProblems, neededEnvironments } from './environment-problems.ts';
export { fitsProcess } from './long-command.ts';
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
export { type EnvironmentRule, matchesAny, type Policy, policyProblems } from './policy/index.ts';
export { describeProblem, type Problem, type RenderErrorCode, type Report } from './problem.ts';
export { addQuantities, canonicalQuantity, compareQuantities, isWhole, parseQuantity, type Quantity } from './quantity/index.ts';
export { RenderError } from './render-error.ts';
export { renderPod, timeoutsOf } from './render-pod.ts';
export { type Environments, mergeEnv, type ResolvedContainer } from './resolve-container.ts';
export { fitsNode, type Misfit, type NodeToFit } from './scheduling/fits-node.ts';
export { podRequests } from './scheduling/pod-requests.ts';
export { makePluginFolders, pluginFolder, type SettingsPlugin, settingsPlugins } from './settings-plugins.ts';
