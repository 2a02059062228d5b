import type { Pod } from '@buildkite-operator/kube';
import { containerNames, ownContainerNames } from '@buildkite-operator/podspec';
import { couldNotStart, mayHaveBegun } from './acquisition.ts';
import { describe, lastWords } from './container-words.ts';
import { type ContainerStatus, clientNames, clientStatuses, type EndedContainer } from './pod-containers.ts';

/** A container whose process cannot be started as asked. */
export interface StartFailure {
  readonly message: string;
  /** Whether it can never recover: the container is not started again. */
  readonly final: boolean;
}

/** What a shell, or a process under one, ends with if what it shall run is not executable or does not exist. */
const notFound: ReadonlySet<number> = new Set([126, 127, 128]);

/**
 * The first container that cannot start, before the pod can have begun with the job: its command does not exist, as where an image has no
 * /bin/sh, or the runtime refuses it. Failed init containers are told of elsewhere. Later it can only be a client whose turn comes after
 * another's, and that the runtime refuses.
 */
export function startFailure(pod: Pod): StartFailure | undefined {
  const hasBegun = mayHaveBegun(pod);
  for (const { name, state } of [...(hasBegun ? [] : (pod.status?.containerStatuses ?? [])), ...clientStatuses(pod)]) {
    const terminated = state?.terminated;
    if (terminated === undefined) continue;
    if (couldNotStart(terminated) || (!hasBegun && clientNames(pod).includes(name) && notFound.has(terminated.exitCode)))
      return { message: explain({ name, terminated }), final: true };
  }
  if (hasBegun) return undefined;
  const crashing = (pod.status?.initContainerStatuses ?? []).find(isStartLoop);
  const terminated = crashing?.lastState?.terminated;
  return crashing === undefined || terminated === undefined
    ? undefined
    : { message: explain({ name: crashing.name, terminated }), final: false };
}

/** A sidecar is started again and again; the kubelet waits between. */
function isStartLoop({ state, lastState }: ContainerStatus): boolean {
  return state?.waiting?.reason === 'CrashLoopBackOff' && couldNotStart(lastState?.terminated);
}

function explain({ name, terminated }: EndedContainer): string {
  const words = lastWords(terminated);
  return `container ${name} could not start: ${describe(terminated)}${words === undefined ? '' : `: ${words}`}; ${startAdvice(name, words)}`;
}

/** What to do about a container that cannot start for this cause. */
export function startAdvice(container: string, words: string | undefined): string {
  if (/\/bin\/sh\b/.test(words ?? '') && /no such file|not found/i.test(words ?? '')) {
    const where = container === containerNames.command ? "the job's image" : 'its image';
    return `${where} has no /bin/sh, which a job needs; use one that has`;
  }
  if (ownContainerNames.has(container)) return "check the job's image, its securityContext and its podPatch";
  return 'check its command, its image and its securityContext';
}
