import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiServer } from '@buildkite-operator/e2e-cluster';
import { repositoryRoot } from '@buildkite-operator/e2e-setup';
import type { Transport } from '@buildkite-operator/kube';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';

const manifests = ['webhooks/service-account.yaml', 'webhooks/rbac.yaml', 'config/rbac.yaml'];
const name = 'buildkite-operator-webhooks';
const never = new AbortController().signal;

const collections: Readonly<Record<string, string>> = {
  ServiceAccount: '/api/v1/namespaces/NAMESPACE/serviceaccounts',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/rolebindings',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
};

const manifest = z.looseObject({ kind: z.string(), subjects: z.array(z.looseObject({})).optional() });
const token = z.looseObject({ status: z.looseObject({ token: z.string() }) });

/** Gives the service account of the manifests its rights, and writes a kubeconfig with a token of it. Returns the path. */
export async function serviceAccountKubeconfig(server: ApiServer, transport: Transport, namespace: string): Promise<string> {
  for (const file of manifests) {
    const text = await readFile(join(repositoryRoot, 'deploy/base', file), 'utf8');
    for (const document of parseAllDocuments(text)) {
      const { subjects, ...object } = manifest.parse(document.toJS());
      // kustomize fills the namespace in.
      const body = subjects === undefined ? object : { ...object, subjects: subjects.map(subject => ({ ...subject, namespace })) };
      const path = (collections[object.kind] ?? '').replace('NAMESPACE', namespace);
      await transport.request({ method: 'POST', path, body }, never);
    }
  }
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
  const { status } = await transport.request({ method: 'POST', path, body, schema: token }, never);
  const kubeconfig: unknown = parse(await readFile(server.kubeconfigPath, 'utf8'));
  const config = z.looseObject({ users: z.array(z.looseObject({ name: z.string() })) }).parse(kubeconfig);
  const users = config.users.map(user => ({ name: user.name, user: { token: status.token } }));
  const own = join(server.directory, 'webhooks.kubeconfig');
  await writeFile(own, stringify({ ...config, users }), { mode: 0o600 });
  return own;
}
