import type { Phase, Reason } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { containerNames } from '@buildkite-operator/podspec';
import { stopSeenByAgent } from './agent-words.ts';
import { describe, lastSaid, memoryLimit, nodeOf } from './container-words.ts';
import { type Disruption, deletedByPerson, initLost, jobLostWithNode, refusedByNode, removedFromNode } from './disruption.ts';
import {
  anyContainerRuns,
  clientCount,
  decisiveEnd,
  endedAgent,
  endedClients,
  failedInitContainer,
  isOutside,
  oomKilledContainer,
} from './pod-containers.ts';
import { startFailure } from './start-failure.ts';
import type { Stop } from './stop.ts';

/** How a BuildJob ended. */
export interface Ending {
  readonly phase: Extract<Phase, 'Succeeded' | 'Failed' | 'Cancelled' | 'TimedOut'>;
  readonly reason: Reason;
  readonly message: string;
  readonly exitCode?: number;
  /** What the cluster did to the pod, where that is the cause: another pod may do better, if the agent had not acquired the job. */
  readonly disruption?: Disruption;
}

/** How long the job's containers may outlive the agent before that counts: the kubelet may report one before the other. */
export const settleMs = 5000;

/** How long after its grace period a deleted pod may still be reported as running before its node counts as lost. */
export const lostNodeMarginMs = 60_000;

/** What the kubelet's exit code of buildkite-agent means, beside the job's own: Buildkite refused the job (HTTP 422). */
const acquireRejected = 27;

/**
 * How long until a deleted pod, whose end its node does not confirm, counts as lost, in milliseconds; 0 once it does. Undefined where
 * the pod is not deleted, or is free to go at once: who confirms its end sets its grace to 0.
 */
export function unconfirmedMs({ metadata }: Pod, nowMs: number): number | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata ?? {};
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === 0) return undefined;
  return Math.max(0, Date.parse(deletionTimestamp) + lostNodeMarginMs - nowMs);
}

/**
 * Whether the pod has come to its end, judged by what the kubelet says. Sidecars, and clients that were never needed,
 * may still run at the job's end. `wait` is how long to look again, in milliseconds.
 */
export function hasEnded(pod: Pod, nowMs: number): { readonly ended: boolean; readonly waitMs?: number } {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return { ended: true };
  const deletion = pod.metadata?.deletionTimestamp;
  if (deletion !== undefined) {
    if (pod.spec?.nodeName === undefined) return { ended: true };
    // deletionTimestamp is when the grace period is over, not when deletion was asked for.
    const waitMs = Date.parse(deletion) + lostNodeMarginMs - nowMs;
    if (waitMs <= 0) return { ended: true };
    if (decisiveEnd(pod) === undefined) return { ended: false, waitMs };
  }
  const end = decisiveEnd(pod);
  if (end === undefined) return { ended: false };
  if (endedClients(pod).length === clientCount(pod)) return { ended: true };
  const waitMs = Date.parse(end.finishedAt ?? '') + settleMs - nowMs;
  return waitMs > 0 ? { ended: false, waitMs } : { ended: true };
}

/** Why an ended pod ended. Pure; the first rule that fits decides, so a job that finished well within its grace period stays good. */
export function podEnding(pod: Pod, stop: Stop | undefined): Ending {
  return (
    succeeded(pod) ??
    stopped(pod, stop) ??
    pastDeadline(pod) ??
    disrupted(removedFromNode(pod), pod) ??
    disrupted(initLost(pod), pod) ??
    initFailed(pod) ??
    disrupted(refusedByNode(pod), pod) ??
    cannotStart(pod) ??
    outOfMemory(pod) ??
    judgedByAgent(pod) ??
    disrupted(jobLostWithNode(pod), pod) ??
    deleted(pod) ??
    commandFailed(pod) ??
    (isOutside(pod) ? endUnknown(pod) : agentLost(pod))
  );
}

function succeeded(pod: Pod): Ending | undefined {
  const clients = endedClients(pod);
  const good =
    decisiveEnd(pod)?.exitCode === 0 && clients.length === clientCount(pod) && clients.every(client => client.terminated.exitCode === 0);
  return good ? { phase: 'Succeeded', reason: 'Completed', exitCode: 0, message: 'the job ended with exit code 0' } : undefined;
}

function stopped(pod: Pod, stop: Stop | undefined): Ending | undefined {
  if (stop === undefined || pod.metadata?.deletionTimestamp === undefined) return undefined;
  return { phase: stop.phase, reason: stop.reason, message: stop.message };
}

function initFailed(pod: Pod): Ending | undefined {
  const failed = failedInitContainer(pod);
  if (failed === undefined || pod.metadata?.deletionTimestamp !== undefined) return undefined;
  const { name, terminated } = failed;
  const cause =
    terminated.reason === 'OOMKilled'
      ? ` because it used more memory than ${memoryLimit(pod, name)}; raise its resources.limits.memory`
      : '; correct what it runs, or its environment';
  const message = `init container ${name} ended with ${describe(terminated)}${cause}; the job was not started${lastSaid(terminated)}`;
  return { phase: 'Failed', reason: 'InitFailed', message };
}

function cannotStart(pod: Pod): Ending | undefined {
  const failure = pod.metadata?.deletionTimestamp === undefined ? startFailure(pod) : undefined;
  return failure === undefined ? undefined : { phase: 'Failed', reason: 'ConfigError', message: failure.message };
}

function pastDeadline(pod: Pod): Ending | undefined {
  if (pod.status?.reason !== 'DeadlineExceeded') return undefined;
  return {
    phase: 'TimedOut',
    reason: 'TimedOut',
    message:
      'the pod reached its deadline while nobody enforced the timeout of the job; see whether the operator runs, and run the job again',
  };
}

/** The end of a pod that the cluster took away. */
function disrupted(disruption: Disruption | undefined, pod: Pod): Ending | undefined {
  if (disruption === undefined) return undefined;
  const { reason, words, advice } = disruption;
  return { phase: 'Failed', reason, message: `${words}; ${advice}`, ...(!deletedByPerson(pod) && { disruption }) };
}

function outOfMemory(pod: Pod): Ending | undefined {
  const killed = oomKilledContainer(pod);
  return killed === undefined
    ? undefined
    : { phase: 'Failed', reason: 'OOMKilled', exitCode: killed.terminated.exitCode, message: oomMessage(pod, killed.name) };
}

/** What to tell of a container that was killed for its memory. */
export function oomMessage(pod: Pod, container: string): string {
  return `container ${container} was killed because it used more memory than ${memoryLimit(pod, container)}; raise resources.limits.memory or make the job use less`;
}

function judgedByAgent(pod: Pod): Ending | undefined {
  const agent = endedAgent(pod);
  if (agent === undefined) return undefined;
  // A job whose own exit code that is has run: its client has ended with it.
  if (agent.exitCode === acquireRejected && !endedClients(pod).some(({ terminated }) => terminated.exitCode === acquireRejected)) {
    return {
      phase: 'Failed',
      reason: 'NotAcquired',
      message:
        'Buildkite refused to give the job to this agent: it has been taken, cancelled or finished already; look at the job in Buildkite, and retry it there if it did not run',
    };
  }
  const stop = stopSeenByAgent(agent.message);
  if (stop === 'cancelled')
    return { phase: 'Cancelled', reason: 'Cancelled', message: 'the job was cancelled in Buildkite; retry it there to run it again' };
  if (stop === 'timed-out')
    return {
      phase: 'TimedOut',
      reason: 'TimedOut',
      message: 'the job ran longer than its timeout in Buildkite; raise timeout_in_minutes of its step or make it faster',
    };
  return undefined;
}

function deleted(pod: Pod): Ending | undefined {
  if (pod.metadata?.deletionTimestamp === undefined) return undefined;
  if (decisiveEnd(pod) === undefined && anyContainerRuns(pod)) {
    return {
      phase: 'Failed',
      reason: 'NodeLost',
      message: `node ${nodeOf(pod)} did not report the end of the pod in time; look at the node and run the job again`,
    };
  }
  return { phase: 'Failed', reason: 'Deleted', message: 'the pod was deleted by somebody else; run the job again' };
}

/** How an agent ends, as an exit code, whose job has no exit status: -1 not started or stopped, -7 client lost, -10 never connected. */
const brokenJobs: ReadonlySet<number> = new Set([255, 249, 246]);

function commandFailed(pod: Pod): Ending | undefined {
  const failed = endedClients(pod).find(({ terminated }) => terminated.exitCode !== 0);
  const end = decisiveEnd(pod);
  if (failed === undefined || end === undefined) return undefined;
  // The agent ends as the job has. One that ends otherwise has reported nothing, and took its clients down with it.
  if (end.exitCode !== failed.terminated.exitCode && !brokenJobs.has(end.exitCode)) return undefined;
  const which = failed.name === containerNames.checkout ? 'the checkout failed: ' : '';
  return {
    phase: 'Failed',
    reason: 'ExitCode',
    exitCode: failed.terminated.exitCode,
    message: `${which}${failed.name} ended with ${describe(failed.terminated)}; the job's log in Buildkite says why`,
  };
}

/** The pod of an outside job ended, and nothing tells how its containers did. */
function endUnknown(pod: Pod): Ending {
  return {
    phase: 'Failed',
    reason: 'NodeLost',
    message: `the pod ended${wordsOf(pod)}, and its node ${nodeOf(pod)} does not tell how its containers did; look at the node and run the job again`,
  };
}

function wordsOf({ status }: Pod): string {
  const words = [status?.reason, status?.message].filter(part => part !== undefined && part !== '').join(': ');
  return words === '' ? '' : `: ${words}`;
}

function agentLost(pod: Pod): Ending {
  const agent = endedAgent(pod);
  if (agent?.exitCode === 0) {
    return {
      phase: 'Failed',
      reason: 'NotAcquired',
      message:
        'the agent ended without running the job: Buildkite did not give it to it; see the agent container log, and retry the job in Buildkite',
    };
  }
  if (agent === undefined) {
    return {
      phase: 'Failed',
      reason: 'AgentLost',
      message: `the pod ended before its agent ran${wordsOf(pod)}; look at its node and run the job again`,
    };
  }
  return {
    phase: 'Failed',
    reason: 'AgentLost',
    message: `the agent ended with ${describe(agent)} and did not finish the job; see the agent container log, and retry the job in Buildkite${lastSaid(agent)}`,
  };
}
