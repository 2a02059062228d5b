import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '@buildkite-operator/service';
import type { ClusterAccess } from './cluster-access.ts';

/** Where the kubelet puts a pod's service account. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The access that a pod has by its service account. Token and CA are files which the kubelet rotates, so they are read anew
 * each time. Throws `NotInCluster` when the environment or a file is missing.
 */
export async function inClusterAccess(environment: NodeJS.ProcessEnv, folder: string = serviceAccountFolder): Promise<ClusterAccess> {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || host === '' || port === undefined || port === '') {
    throw new OperatorError(
      'NotInCluster',
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod; set KUBECONFIG',
    );
  }
  const read = async (name: string) => (await readServiceAccountFile(folder, name)).trim();
  const access: ClusterAccess = {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: await read('namespace'),
    readCredentials: async () => {
      const [token, ca] = await Promise.all([read('token'), read('ca.crt')]);
      return { headers: { authorization: `Bearer ${token}` }, tls: { ca } };
    },
  };
  await access.readCredentials();
  return access;
}

async function readServiceAccountFile(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new OperatorError('NotInCluster', `cannot read ${path}: is automountServiceAccountToken off?`, { cause });
  }
}
