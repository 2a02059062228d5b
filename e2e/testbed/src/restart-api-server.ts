import { attachCluster } from '@buildkite-operator/e2e-cluster';

/**
 * SIGKILL to the API server, and back. Kubernetes' own controllers are started anew after it: left alone they wait up to half a minute
 * before they look again, and meanwhile take nodes for dead, which is not what these tests are about.
 */
export async function restartApiServer(): Promise<void> {
  const cluster = await attachCluster();
  await cluster.restartApiServer();
  await Promise.all([cluster.restartComponent('kube-controller-manager'), cluster.restartComponent('kube-scheduler')]);
}
