import type { BuildJobStatus } from '@buildkite-operator/crds';

/** Exit codes of `bko run` that are not the job's. */
export const exitCodes = {
  /** The job was stopped before its command told an exit code. */
  cancelled: 143,
  /** The job ended for a reason of the cluster: no image, no room, a lost node, out of time. */
  infrastructure: 190,
  /** There is no BuildJob: its settings are wrong, the API server or a webhook refused it, or could not be reached. */
  notMade: 191,
  /** A BuildJob of this job was there already. */
  alreadyThere: 192,
} as const;

export interface Ending {
  readonly exitCode: number;
  /** What to tell beside the exit code; undefined where the job's own log says it all. */
  readonly message?: string;
}

/** How a run ends whose BuildJob has this final status. */
export function endingOf({ phase, exitCode, reason, message }: BuildJobStatus): Ending {
  const told = [reason, message].filter(text => text !== undefined && text !== '').join(': ');
  if (phase === 'Succeeded') return { exitCode: 0 };
  if (exitCode !== undefined && exitCode !== 0) {
    // A process can end with no others; -1 is what an agent calls one that was lost.
    const own = exitCode > 0 && exitCode <= 255 ? exitCode : 255;
    return reason === 'ExitCode' ? { exitCode: own } : { exitCode: own, message: told };
  }
  return {
    exitCode: phase === 'Cancelled' ? exitCodes.cancelled : exitCodes.infrastructure,
    message: told === '' ? `the job ended: ${phase}` : told,
  };
}
