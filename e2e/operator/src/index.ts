export { type ClaimTarget, claimCluster } from './claim.ts';
export { controllerSelector, type Installation, installOperator, operatorNamespace, uninstallOperator } from './install.ts';
export { type Kubectl, type KubectlTarget, kubectlFor } from './kubectl.ts';
export { type Overlay, withOverlay } from './overlay.ts';
