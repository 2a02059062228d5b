import type { Pod } from '@buildkite-operator/kube';

type PodContainer = NonNullable<NonNullable<Pod['spec']>['containers']>[number];

/** The plugins of a step with this `kubernetes` block and without a checkout. */
export function kubernetes(block: { readonly checkout?: object } & Readonly<Record<string, unknown>>): readonly Record<string, unknown>[] {
  return [{ kubernetes: { ...block, checkout: { skip: true, ...block.checkout } } }];
}

/** The plugins of a step with this `kubernetes` block and a checkout. */
export function withCheckout(block: Readonly<Record<string, unknown>>): readonly Record<string, unknown>[] {
  return [{ kubernetes: block }];
}

/** The container of this name, of any kind. */
export function container(pod: Pod, name: string): PodContainer {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const found = all.find(candidate => candidate.name === name);
  if (found === undefined) throw new Error(`the pod has no container ${name}, but ${all.map(other => other.name).join(', ')}`);
  return found;
}

/** The names of all containers, init containers first. */
export function containerNames(pod: Pod): string[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name }) => name);
}

/** The literal value of a container's variable, as its processes see it. */
export function variable(pod: Pod, name: string, of = 'container-0'): string | undefined {
  return container(pod, of)
    .env?.find(candidate => candidate.name === name)
    ?.value?.replaceAll('$$', '$');
}

/** What a sidecar does that serves until it is told to end. */
export const serve = 'trap "exit 0" TERM; while true; do sleep 0.2; done';

/** Waits in a step's command until a file has content. */
export function until(file: string): string {
  return `until [ -s ${file} ]; do sleep 0.2; done`;
}
