import { resolve } from 'node:path';
import { freePort } from '@buildkite-operator/e2e-cluster';
import { ServiceProcess } from '@buildkite-operator/service/testing';

/** The controller as a process of its own. */
export async function startController(kubeconfig: string, namespace: string): Promise<ServiceProcess> {
  const env = { KUBECONFIG: kubeconfig, POD_NAME: 'controller-1', POD_NAMESPACE: namespace };
  return new ServiceProcess(resolve(import.meta.dirname, '../main.ts'), await freePort(), env);
}
