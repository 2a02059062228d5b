import type { BuildJobSpec } from '@buildkite-operator/crds';
import { containerNames, paths } from './names.ts';

/**
 * The gate before the agent acquires the job: it waits until checkout and command have started, so that a missing image, a bad Secret or a
 * sandbox that fails keeps the job unacquired, and the operator may make another pod for it or end it without Buildkite having heard of it.
 *
 * Each client's first act is to make a file of its own name. Any container of the pod can make any of these files, because the workspace is
 * everybody's: that only lets the agent acquire the job sooner than it need, which is what it did without a gate.
 */

/** The shell command by which a client container says that it has started. A file that is there already, whoever made it, will do. */
export function announceStart(container: string): string {
  const file = startedFile(container);
  return `[ -e ${file} ] || : >${file}`;
}

/** The shell command that lasts until these containers have started. */
export function awaitStarts(containers: readonly string[]): string {
  const all = containers.map(container => `[ -e ${startedFile(container)} ]`).join(' && ');
  return `until ${all}; do sleep 0.05; done`;
}

/**
 * The shell command that lasts until the agent serves its socket, ten seconds at most. A client that comes earlier would look for it
 * once a second only. An image without a sleep that takes fractions goes on at once: its client then does so.
 */
export function awaitAgent(): string {
  // A variable n of the job's stays as it is. Counted without $(( )), which Kubernetes might take for a reference to a variable.
  return `(n=; until [ -S ${paths.agentSocket} ] || [ \${#n} -ge 200 ]; do n=x$n; sleep 0.05 2>/dev/null || break; done)`;
}

/** The containers that take part in the job, in the order in which they work. */
export function clientContainers({ checkout, commandContainers = [] }: BuildJobSpec): readonly string[] {
  return [
    ...(checkout?.skip === true ? [] : [containerNames.checkout]),
    containerNames.command,
    ...commandContainers.map(({ name }) => name),
  ];
}

function startedFile(container: string): string {
  return `${paths.started}/${container}`;
}
