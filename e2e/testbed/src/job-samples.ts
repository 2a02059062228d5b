import type { JobView } from '@buildkite-operator/e2e-simulator';
import type { BuildJobInput } from './connect-testbed.ts';

/** A command that says in the log that it has started, in words that the command itself does not hold: the agent echoes commands. */
export function runs(command: string): string {
  return `echo star"ted"\n${command}`;
}

/** Node rules that no node fits. */
export const unplaceable: BuildJobInput = { nodeSelector: { 'buildkite-operator.io/no-such-node': 'true' } };

/** How a job ended as Buildkite tells it, and who said so: its agent or, without one, Buildkite itself. */
export function outcome({ state, passed, exitStatus, signalReason, endedBy }: JobView) {
  return { state, passed, exitStatus, signalReason, endedBy: endedBy ?? 'agent' };
}
