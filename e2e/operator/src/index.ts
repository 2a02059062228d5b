export { type ClaimTarget, claimCluster } from './claim.ts';
export { configData } from './config-data.ts';
export {
  controllerSelector,
  hasNamespace,
  type Installation,
  installOperator,
  jobspawnerSelector,
  operatorNamespace,
  uninstallOperator,
  webhooksSelector,
} from './install.ts';
export { type Kubectl, type KubectlTarget, kubectlFor } from './kubectl.ts';
export { type Overlay, withOverlay } from './overlay.ts';
