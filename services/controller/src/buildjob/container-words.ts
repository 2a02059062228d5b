import type { Pod } from '@buildkite-operator/kube';
import type { Terminated } from './pod-containers.ts';

/** As much of a container's last log lines as helps in a message; the kubelet hands over up to 4096 bytes of them. */
const longestWords = 1000;

/** How a container ended: its exit code, and the kubelet's reason where that says more. */
export function describe(terminated: Terminated): string {
  const { exitCode, reason, signal } = terminated;
  const why = reason === undefined || reason === 'Error' ? '' : ` (${reason})`;
  return `exit code ${exitCode}${why}${signal === undefined || signal === 0 ? '' : ` after signal ${signal}`}`;
}

/** The end of what a container said last, in one piece of at most 1000 characters; undefined where it said nothing. */
export function lastWords({ message }: Terminated): string | undefined {
  const words = (message ?? '').trim();
  if (words === '') return undefined;
  return words.length <= longestWords ? words : `…${words.slice(1 - longestWords)}`;
}

/** The same as the end of a message; empty where the container said nothing. */
export function lastSaid(terminated: Terminated): string {
  const words = lastWords(terminated);
  return words === undefined ? '' : `. Its last words: ${words}`;
}

/** The container's limit of memory, as a message tells it. */
export function memoryLimit(pod: Pod, container: string): string {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const limit = all.find(({ name }) => name === container)?.resources?.limits?.['memory'];
  return limit === undefined ? 'its node has' : `its limit of ${limit}`;
}

/** The node that the pod is on, as a message tells it. */
export function nodeOf(pod: Pod): string {
  return pod.spec?.nodeName ?? '(none)';
}
