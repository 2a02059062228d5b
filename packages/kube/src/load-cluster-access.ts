import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ClusterAccess } from './cluster-access.ts';
import { inClusterAccess } from './in-cluster-access.ts';
import { kubeconfigAccess } from './kubeconfig-access.ts';

export interface ClusterChoice {
  /** One path, or several in the manner of KUBECONFIG. */
  readonly kubeconfig?: string | undefined;
  /** A context of the kubeconfig instead of its current one. */
  readonly context?: string | undefined;
  /** Default `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Finds the cluster: the kubeconfig given, else that of KUBECONFIG, else the pod's own service account when this is a pod
 * and no context was asked for, else `~/.kube/config`. Throws `InvalidKubeconfig` or `NotInCluster`.
 */
export async function loadClusterAccess(choice: ClusterChoice = {}): Promise<ClusterAccess> {
  const environment = choice.environment ?? process.env;
  const named = (choice.kubeconfig ?? environment['KUBECONFIG'] ?? '').split(delimiter).filter(path => path !== '');
  if (named.length > 0) return kubeconfigAccess(named, choice.context);
  const own = join(environment['HOME'] ?? homedir(), '.kube', 'config');
  const isPod = (environment['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
  if (choice.context === undefined && (isPod || !existsSync(own))) return inClusterAccess(environment);
  return kubeconfigAccess([own], choice.context);
}
