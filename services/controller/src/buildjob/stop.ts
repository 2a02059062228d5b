import type { BuildJob, Phase, Reason } from '@buildkite-operator/crds';
import type { Obstacle, Progress } from './pod-progress.ts';

/** That the operator itself ends a job's pod, and as what. */
export interface Stop {
  readonly phase: Extract<Phase, 'Failed' | 'Cancelled' | 'TimedOut'>;
  readonly reason: Reason;
  readonly message: string;
}

export interface StopLimits {
  readonly timeoutSeconds: number;
  readonly pendingTimeoutSeconds: number;
  /** How long a failing image or container may recover. */
  readonly startFailureGraceSeconds: number;
  /** How long a pod may find no node. */
  readonly unschedulableGraceSeconds: number;
}

export interface StopVerdict {
  readonly stop?: Stop;
  /** When to look again because a limit is reached then, in milliseconds from now. */
  readonly waitMs?: number;
}

/** What the limits are measured from, in milliseconds since the epoch. */
export interface StopClock {
  readonly nowMs: number;
  readonly createdMs: number;
  /** Since when this very thing keeps the pod from running. */
  readonly obstacleSinceMs: number | undefined;
}

/** Whether the job must be stopped now, or when to ask again. Pure. */
export function judgeStop(job: BuildJob, progress: Progress | undefined, limits: StopLimits, clock: StopClock): StopVerdict {
  if (job.spec.cancelled) return { stop: { phase: 'Cancelled', reason: 'Cancelled', message: 'cancelled by spec.cancelled' } };
  if (progress?.phase === 'Running') return judgeRunning(progress, limits, clock);
  const pendingLeft = clock.createdMs + limits.pendingTimeoutSeconds * 1000 - clock.nowMs;
  if (pendingLeft <= 0) {
    const obstacle = progress?.obstacle ?? progress?.awaited;
    return { stop: obstacle === undefined ? unexplainedTimeout(progress, limits) : pendingTimeout(obstacle, limits) };
  }
  return within(pendingLeft, judgeObstacle(progress?.obstacle, limits, clock));
}

/** The verdict, with a look at the limit that comes after so long. */
function within(leftMs: number, { stop, waitMs = leftMs }: StopVerdict): StopVerdict {
  return stop === undefined ? { waitMs: Math.min(leftMs, waitMs) } : { stop };
}

function judgeObstacle(obstacle: Obstacle | undefined, limits: StopLimits, { nowMs, obstacleSinceMs = nowMs }: StopClock): StopVerdict {
  const graceSeconds = obstacle === undefined ? undefined : graceOf(obstacle, limits);
  if (obstacle === undefined || graceSeconds === undefined) return {};
  const graceLeft = obstacleSinceMs + graceSeconds * 1000 - nowMs;
  if (graceLeft > 0) return { waitMs: graceLeft };
  const lasted = graceSeconds === 0 ? '' : `; it did not recover within ${graceSeconds} s`;
  return { stop: { phase: 'Failed', reason: obstacle.reason, message: `${obstacle.message}${lasted}` } };
}

/** How long this may keep a job from running, in seconds; undefined: until the pending timeout. */
function graceOf({ reason, final = false }: Obstacle, limits: StopLimits): number | undefined {
  if (final) return 0;
  if (reason === 'SidecarFailed') return undefined;
  return reason === 'Unschedulable' ? limits.unschedulableGraceSeconds : limits.startFailureGraceSeconds;
}

function judgeRunning(progress: Progress, limits: StopLimits, clock: StopClock): StopVerdict {
  const { failedSidecar, obstacle } = progress;
  if (failedSidecar !== undefined) return { stop: { phase: 'Failed', reason: failedSidecar.reason, message: failedSidecar.message } };
  const left = Date.parse(progress.runningTime ?? '') + limits.timeoutSeconds * 1000 - clock.nowMs;
  const verdict = judgeObstacle(obstacle, limits, clock);
  if (Number.isNaN(left)) return verdict;
  if (left > 0) return within(left, verdict);
  return {
    stop: {
      phase: 'TimedOut',
      reason: 'TimedOut',
      message: `the job ran longer than its timeout of ${limits.timeoutSeconds} s; raise timeoutSeconds or make it faster`,
    },
  };
}

/** The stop of a job that this has kept from starting in time. */
export function pendingTimeout({ reason, message }: Pick<Stop, 'reason' | 'message'>, limits: StopLimits): Stop {
  return { phase: 'Failed', reason, message: `${message}; ${notInTime(limits)}` };
}

/** The stop of a job of which nothing tells why it has not started in time. */
function unexplainedTimeout(progress: Progress | undefined, limits: StopLimits): Stop {
  const remedy =
    progress === undefined
      ? 'it had no pod then, as when the controller does not run; run the job again'
      : 'look at the events of its pod, or raise pendingTimeoutSeconds';
  return { phase: 'Failed', reason: 'PendingTimeout', message: `${notInTime(limits)}; ${remedy}` };
}

function notInTime({ pendingTimeoutSeconds }: StopLimits): string {
  return `the job did not start running within ${pendingTimeoutSeconds} s`;
}
