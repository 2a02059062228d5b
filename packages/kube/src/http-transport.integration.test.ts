import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { builtin } from './builtin-resources.ts';
import { inClusterAccess } from './in-cluster-access.ts';
import type { KubeObject } from './kube-object.ts';
import { Reflector } from './reflector.ts';
import { ResourceClient } from './resource-client.ts';
import { defineResource } from './resource-definition.ts';
import { logger, never, RealCluster } from './testing/real-cluster.ts';

let cluster: RealCluster;
let namespace: string;
let folder: string;

interface ClusterRoleBinding extends KubeObject {
  readonly roleRef: Record<string, string>;
  readonly subjects: Record<string, string>[];
}
const clusterRoleBindings = defineResource<ClusterRoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
});

beforeAll(async () => {
  cluster = await RealCluster.start();
  namespace = await cluster.namespace();
  folder = await mkdtemp(join(tmpdir(), 'bkop-kube-'));
  await new ResourceClient(cluster.transport, builtin.serviceAccounts).create({ metadata: { namespace, name: 'operator' } }, {}, never);
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
  const subjects = [{ kind: 'ServiceAccount', namespace, name: 'operator' }];
  await new ResourceClient(cluster.transport, clusterRoleBindings).create({ metadata: { name: 'operator' }, roleRef, subjects }, {}, never);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A token that dies with the Secret it is bound to. */
async function tokenBoundTo(secretName: string): Promise<string> {
  const secret = await new ResourceClient(cluster.transport, builtin.secrets).create(
    { metadata: { namespace, name: secretName } },
    {},
    never,
  );
  const { status } = await cluster.transport.request(
    {
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/operator/token`,
      body: { spec: { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: secretName, uid: secret.metadata.uid } } },
      schema: z.object({ status: z.object({ token: z.string() }) }),
    },
    never,
  );
  return status.token;
}

it('a rotated service account token is picked up while calls and watches go on', async () => {
  const { tls } = await cluster.access.readCredentials();
  const first = await tokenBoundTo('first');
  await Promise.all([
    writeFile(join(folder, 'ca.crt'), tls.ca ?? ''),
    writeFile(join(folder, 'namespace'), namespace),
    writeFile(join(folder, 'token'), first),
  ]);
  const { hostname, port } = cluster.access.server;
  const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const transport = cluster.connect({ access: await inClusterAccess(environment, folder) });
  const frozen = cluster.connect({
    access: {
      ...cluster.access,
      readCredentials: async () => ({ headers: { authorization: `Bearer ${first}` }, tls: { ca: tls.ca ?? '' } }),
    },
  });
  const maps = new ResourceClient(transport, builtin.configMaps);
  const reflector = new Reflector({ transport, resource: builtin.configMaps, namespace, logger });
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  await reflector.store.waitForSync(never);

  await writeFile(join(folder, 'token'), await tokenBoundTo('second'));
  await new ResourceClient(cluster.transport, builtin.secrets).delete({ namespace, name: 'first' }, {}, never);
  let calls = 0;
  await vi.waitFor(
    async () => {
      calls += 1;
      await maps.create({ metadata: { namespace, name: `call-${calls}` } }, {}, never);
      // The server remembers for some seconds that a token was good.
      await expect(new ResourceClient(frozen, builtin.configMaps).list({ namespace }, {}, never)).rejects.toMatchObject({
        code: 'Unauthorized',
      });
    },
    { timeout: 60_000, interval: 200 },
  );
  await maps.create({ metadata: { namespace, name: 'afterwards' } }, {}, never);
  await vi.waitFor(() => expect(reflector.store.size).toBe(calls + 1), { timeout: 10_000 });
  stop.abort();
  await running;
});

it('a client without credentials is Unauthorized or Forbidden, and one without the CA is Unreachable', async () => {
  const { tls } = await cluster.access.readCredentials();
  const anonymous = cluster.connect({
    access: { ...cluster.access, readCredentials: async () => ({ headers: {}, tls: { ca: tls.ca ?? '' } }) },
  });
  const call = { method: 'GET', path: '/api/v1/namespaces', attempts: 1 } as const;
  await expect(anonymous.request(call, never)).rejects.toMatchObject({ code: 'Forbidden' });
  const distrustful = cluster.connect({ access: { ...cluster.access, readCredentials: async () => ({ headers: {}, tls: {} }) } });
  await expect(distrustful.request(call, never)).rejects.toMatchObject({
    code: 'Unreachable',
    details: { networkCode: expect.stringMatching(/CERT|SIGNATURE/) },
  });
});
