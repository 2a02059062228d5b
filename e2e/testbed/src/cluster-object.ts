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

/** A PriorityClass; pods of it never push others away unless `preempts`. */
export function makePriorityClass(testbed: CurrentTestbed, value: number, preempts = false): Promise<ClusterObject> {
  return makeObject(testbed, {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    value,
    preemptionPolicy: preempts ? 'PreemptLowerPriority' : 'Never',
  });
}

/** A ResourceQuota for the pods of one PriorityClass alone, so that no other test feels it. */
export function makeQuota(testbed: CurrentTestbed, priorityClass: string, hard: Readonly<Record<string, string>>): Promise<ClusterObject> {
  const scope = { scopeName: 'PriorityClass', operator: 'In', values: [priorityClass] };
  return makeObject(testbed, { apiVersion: 'v1', kind: 'ResourceQuota', spec: { hard, scopeSelector: { matchExpressions: [scope] } } });
}
