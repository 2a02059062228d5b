/**
 * What the end of the agent's log says of why the job was stopped. kubernetes-exec has no exit code for it (a cancelled and a broken
 * job are both -1), so the line that agent v3.136.2 writes in `JobRunner.Cancel` is the only trace in the pod:
 * "Canceling job <id> with a signal grace period of <duration> (<reason>)".
 */
export type StopSeenByAgent = 'cancelled' | 'timed-out';

const cancelLine = /Canceling job \S+ with a signal grace period of \S+ \((?<why>[^)]*)\)/;

const meanings: Readonly<Record<string, StopSeenByAgent>> = {
  'job cancelled on Buildkite': 'cancelled',
  'job timed out on Buildkite': 'timed-out',
};

/** Reads it from the agent container's termination message, which holds the last lines of its log. */
export function stopSeenByAgent(terminationMessage: string | undefined): StopSeenByAgent | undefined {
  return meanings[cancelLine.exec(terminationMessage ?? '')?.groups?.['why'] ?? ''];
}
