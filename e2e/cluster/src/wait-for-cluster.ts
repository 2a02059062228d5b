import { CertificateAuthority } from './certificates.ts';
import type { ClusterLayout } from './cluster-layout.ts';
import { KubeApi } from './kube-api.ts';
import { readyNodes } from './node-status.ts';
import { waitUntil } from './wait-until.ts';

const timeoutMs = 90_000;
const everyMs = 150;

/** The API as its administrator. */
export function adminApi(layout: ClusterLayout): KubeApi {
  const authority = CertificateAuthority.existing(layout.pki);
  return new KubeApi(layout.apiServerUrl, authority.certificate, authority.pair('admin'));
}

/** A node to wait for. */
export interface AwaitedNode {
  readonly name: string;
  /** When it was started, in ms: what Kubernetes believed of it before does not count. Undefined if it ran already. */
  readonly startedAt: number | undefined;
}

/** Waits until the nodes are Ready. */
export async function waitForNodes(layout: ClusterLayout, nodes: readonly AwaitedNode[], signal?: AbortSignal): Promise<void> {
  const api = adminApi(layout);
  await waitUntil(
    async () => {
      const ready = await readyNodes(api);
      // Reports carry whole seconds.
      return nodes.every(({ name, startedAt = 0 }) => (ready.get(name) ?? -1) >= Math.floor(startedAt / 1000) * 1000);
    },
    {
      what: `nodes to be Ready: ${nodes.map(({ name }) => name).join(', ')}`,
      timeoutMs,
      everyMs,
      explain: () => `see ${nodes.map(({ name }) => layout.logPath(`${name}/kubelet`)).join(' ')}`,
      signal,
    },
  );
}

/** Waits until names resolve, ClusterIPs lead somewhere, images can be pulled and pods can be created. */
export async function waitForServices(layout: ClusterLayout, signal?: AbortSignal): Promise<void> {
  const { controlPlaneAddress } = layout.subnet;
  const api = adminApi(layout);
  const answers = (url: string) =>
    fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      response => response.ok,
      () => false,
    );
  const wait = (component: string, what: string, ask: () => Promise<boolean>) =>
    waitUntil(ask, { what, timeoutMs, everyMs, explain: () => layout.processes.logTail(component), signal });
  await Promise.all([
    wait('coredns', 'CoreDNS to be ready', () => answers(`http://${controlPlaneAddress}:8181/ready`)),
    wait('kube-proxy', 'kube-proxy to be ready', () => answers(`http://${controlPlaneAddress}:10256/healthz`)),
    wait('registry', 'the image registry to answer', () => answers(`http://${layout.registryAddress}/v2/`)),
    wait(
      'kube-controller-manager',
      'the default service account',
      async () => (await api.get('/api/v1/namespaces/default/serviceaccounts/default').catch(() => undefined)) !== undefined,
    ),
  ]);
}
