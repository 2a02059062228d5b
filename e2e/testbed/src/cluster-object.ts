import { waitUntil } from '@buildkite-operator/e2e-cluster';
import { isKubeError } from '@buildkite-operator/kube';
import type { CurrentTestbed } from './use-testbed.ts';

/** An object of one test, of any kind; it goes with the test. */
export interface ClusterObject extends AsyncDisposable {
  readonly name: string;
}

/** Makes an object under a name that no other test has. `manifest` is all of it but its name and namespace. */
export async function makeObject(
  testbed: CurrentTestbed,
  manifest: { readonly kind: string; readonly [field: string]: unknown },
): Promise<ClusterObject> {
  const { kubectl, info } = testbed.session;
  const name = `e2e-${crypto.randomUUID().slice(0, 8)}`;
  const namespaced = ['--namespace', info.namespace];
  await kubectl(['create', ...namespaced, '--filename=-'], { input: JSON.stringify({ ...manifest, metadata: { name } }) });
  return {
    name,
    [Symbol.asyncDispose]: async () => {
      await kubectl(['delete', manifest.kind, name, ...namespaced, '--ignore-not-found', '--wait=false']);
    },
  };
}

/** A PriorityClass; pods of it never push others away unless `preempts`. The API server knows it when this returns. */
export async function makePriorityClass(testbed: CurrentTestbed, value: number, preempts = false): Promise<ClusterObject> {
  const making = makeObject(testbed, {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    value,
    preemptionPolicy: preempts ? 'PreemptLowerPriority' : 'Never',
  });
  return onceHeeded(testbed, await making, async ({ name }) => (await refusalOf(testbed, { priorityClassName: name })) === undefined);
}

/** A resource that no node has and no job asks for. Quotas forbid it, so that a pod that asks for it shows whether they are heeded. */
const probeResource = 'e2e.example.com/quota-probe';

/** A ResourceQuota for the pods of one PriorityClass alone, so that no other test feels it. The API server heeds it when this returns. */
export async function makeQuota(
  testbed: CurrentTestbed,
  priorityClassName: string,
  hard: Readonly<Record<string, string>>,
): Promise<ClusterObject> {
  const scope = { scopeName: 'PriorityClass', operator: 'In', values: [priorityClassName] };
  const making = makeObject(testbed, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    spec: { hard: { ...hard, [`requests.${probeResource}`]: '0' }, scopeSelector: { matchExpressions: [scope] } },
  });
  return onceHeeded(testbed, await making, async ({ name }) => {
    const refusal = await refusalOf(testbed, { priorityClassName, resources: { limits: { [probeResource]: '1' } } });
    // "exceeded quota", or "failed quota" where the pod leaves out what it counts.
    return refusal?.includes(`quota: ${name}`);
  });
}

/** The API server's admission reads objects from caches of its own: it is asked until it heeds a new one. */
async function onceHeeded(
  testbed: CurrentTestbed,
  object: ClusterObject,
  isHeeded: (object: ClusterObject) => Promise<boolean | undefined>,
): Promise<ClusterObject> {
  await using making = new AsyncDisposableStack();
  making.use(object);
  await waitUntil(() => isHeeded(object), {
    what: `the API server to heed ${object.name}`,
    timeoutMs: 60_000,
    signal: testbed.session.signal,
  });
  making.move();
  return object;
}

/** What the API server has against such a pod, undefined where it would take it. The pod is only tried, never stored. */
async function refusalOf(
  { session }: CurrentTestbed,
  { priorityClassName, resources }: { readonly priorityClassName: string; readonly resources?: object },
): Promise<string | undefined> {
  const metadata = { name: `probe-${crypto.randomUUID()}`, namespace: session.info.namespace };
  const container = { name: 'probe', image: session.info.images.busybox, ...(resources && { resources }) };
  try {
    await session.pods.create({ metadata, spec: { priorityClassName, containers: [container] } }, { dryRun: true }, session.signal);
    return undefined;
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return error.message;
    throw error;
  }
}
