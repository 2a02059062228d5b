import type { Phase, Reason } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { stopSeenByAgent } from './agent-words.ts';
import {
  anyContainerRuns,
  clientCount,
  endedAgent,
  endedClients,
  failedInitContainer,
  oomKilledContainer,
  type Terminated,
} from './pod-containers.ts';
import type { Stop } from './stop.ts';

/** How a BuildJob ended. */
export interface Ending {
  readonly phase: Extract<Phase, 'Succeeded' | 'Failed' | 'Cancelled' | 'TimedOut'>;
  readonly reason: Reason;
  readonly message: string;
  readonly exitCode?: number;
}

/** How long the job's containers may outlive the agent before that counts: the kubelet may report one before the other. */
export const settleMs = 5000;

/** How long after its grace period a deleted pod may still be reported as running before its node counts as lost. */
export const lostNodeMarginMs = 60_000;

/** What the kubelet's exit code of buildkite-agent means, beside the job's own: Buildkite refused the job (HTTP 422). */
const acquireRejected = 27;

/**
 * Whether the pod has come to its end, judged by what the kubelet says. The agent's end is the job's: sidecars and clients
 * that were never needed may still run then. `wait` is how long to look again, in milliseconds.
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
    if (endedAgent(pod) === undefined) return { ended: false, waitMs };
  }
  const agent = endedAgent(pod);
  if (agent === undefined) return { ended: false };
  if (endedClients(pod).length === clientCount(pod)) return { ended: true };
  const waitMs = Date.parse(agent.finishedAt ?? '') + settleMs - nowMs;
  return waitMs > 0 ? { ended: false, waitMs } : { ended: true };
}

/** Why an ended pod ended. Pure; the first rule that fits decides, so a job that finished well within its grace period stays good. */
export function podEnding(pod: Pod, stop: Stop | undefined): Ending {
  return (
    succeeded(pod) ??
    stopped(pod, stop) ??
    disrupted(pod) ??
    initFailed(pod) ??
    outOfMemory(pod) ??
    judgedByAgent(pod) ??
    containersLost(pod) ??
    deleted(pod) ??
    commandFailed(pod) ??
    agentLost(pod)
  );
}

function succeeded(pod: Pod): Ending | undefined {
  const agent = endedAgent(pod);
  const clients = endedClients(pod);
  const good = agent?.exitCode === 0 && clients.length === clientCount(pod) && clients.every(client => client.terminated.exitCode === 0);
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
  const words = terminated.message === undefined ? '' : `: ${terminated.message.trim()}`;
  return {
    phase: 'Failed',
    reason: 'InitFailed',
    message: `init container ${name} ended with ${describe(terminated)}${words}; the job was not started`,
  };
}

/** Reasons of the pod's DisruptionTarget condition (Kubernetes: Disruptions, "Pod disruption conditions"). */
const disruptions: Readonly<Record<string, { reason: Reason; advice: string }>> = {
  PreemptionByScheduler: {
    reason: 'Preempted',
    advice: 'a pod of higher priority took its place; raise priorityClassName or add nodes, and run the job again',
  },
  DeletionByTaintManager: {
    reason: 'NodeLost',
    advice: 'its node was tainted against it, as an unreachable node is; look at the node and run the job again',
  },
  EvictionByEvictionAPI: { reason: 'Evicted', advice: 'it was evicted, for example by the drain of its node; run the job again' },
  DeletionByPodGC: { reason: 'NodeLost', advice: 'its node is gone; run the job again' },
  TerminationByKubelet: {
    reason: 'Evicted',
    advice: 'the node ran short of a resource or shut down; raise the requests of the job and run it again',
  },
};

function disrupted(pod: Pod): Ending | undefined {
  const { reason, message } = pod.status ?? {};
  if (reason === 'DeadlineExceeded')
    return { phase: 'TimedOut', reason: 'TimedOut', message: 'the pod reached its deadline while nobody enforced the timeout of the job' };
  const condition = pod.status?.conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
  const known =
    disruptions[condition?.reason ?? ''] ??
    (reason === 'Evicted' ? disruptions['TerminationByKubelet'] : undefined) ??
    (reason === 'NodeLost' ? disruptions['DeletionByPodGC'] : undefined);
  if (known === undefined) return undefined;
  return {
    phase: 'Failed',
    reason: known.reason,
    message: `the pod was removed from node ${nodeOf(pod)}: ${message ?? condition?.message ?? known.reason}; ${known.advice}`,
  };
}

function outOfMemory(pod: Pod): Ending | undefined {
  const killed = oomKilledContainer(pod);
  return killed === undefined
    ? undefined
    : { phase: 'Failed', reason: 'OOMKilled', exitCode: killed.terminated.exitCode, message: oomMessage(pod, killed.name) };
}

/** What to tell of a container that was killed for its memory. */
export function oomMessage(pod: Pod, container: string): string {
  const limit = pod.spec?.containers?.find(({ name }) => name === container)?.resources?.limits?.['memory'];
  return `container ${container} was killed because it used more memory than ${limit === undefined ? 'its node has' : `its limit of ${limit}`}; raise resources.limits.memory or make the job use less`;
}

function judgedByAgent(pod: Pod): Ending | undefined {
  const agent = endedAgent(pod);
  if (agent === undefined) return undefined;
  // A job whose own exit code that is has run: its client has ended with it.
  if (agent.exitCode === acquireRejected && !endedClients(pod).some(({ terminated }) => terminated.exitCode === acquireRejected)) {
    return {
      phase: 'Failed',
      reason: 'NotAcquired',
      message: 'Buildkite refused to give the job to this agent: it has been taken, cancelled or finished already',
    };
  }
  const stop = stopSeenByAgent(agent.message);
  if (stop === 'cancelled') return { phase: 'Cancelled', reason: 'Cancelled', message: 'the job was cancelled in Buildkite' };
  if (stop === 'timed-out') return { phase: 'TimedOut', reason: 'TimedOut', message: 'the job ran longer than its timeout in Buildkite' };
  return undefined;
}

/** Reasons that kubelet and containerd make up for a container of which they know no end: its node was reset while it ran. */
const unknownEnds: ReadonlySet<string> = new Set(['ContainerStatusUnknown', 'Unknown']);

function containersLost(pod: Pod): Ending | undefined {
  if (!unknownEnds.has(endedAgent(pod)?.reason ?? '')) return undefined;
  return {
    phase: 'Failed',
    reason: 'NodeLost',
    message: `node ${nodeOf(pod)} lost the containers of the pod, as one that was reset does; look at the node and run the job again`,
  };
}

function deleted(pod: Pod): Ending | undefined {
  if (pod.metadata?.deletionTimestamp === undefined) return undefined;
  if (endedAgent(pod) === undefined && anyContainerRuns(pod)) {
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
  const agent = endedAgent(pod);
  if (failed === undefined || agent === undefined) return undefined;
  // The agent ends as the job has. One that ends otherwise has reported nothing, and took its clients down with it.
  if (agent.exitCode !== failed.terminated.exitCode && !brokenJobs.has(agent.exitCode)) return undefined;
  return {
    phase: 'Failed',
    reason: 'ExitCode',
    exitCode: failed.terminated.exitCode,
    message: `${failed.name} ended with ${describe(failed.terminated)}; the job's log in Buildkite says why`,
  };
}

function agentLost(pod: Pod): Ending {
  const agent = endedAgent(pod);
  if (agent?.exitCode === 0) {
    return {
      phase: 'Failed',
      reason: 'NotAcquired',
      message: 'the agent ended without running the job: Buildkite did not give it to it; see the agent container log',
    };
  }
  if (agent === undefined) {
    const { reason, message } = pod.status ?? {};
    const words = [reason, message].filter(part => part !== undefined && part !== '').join(': ');
    return { phase: 'Failed', reason: 'AgentLost', message: `the pod ended before its agent ran${words === '' ? '' : `: ${words}`}` };
  }
  const words = agent.message === undefined ? '' : ` Its last words: ${agent.message.trim()}`;
  return {
    phase: 'Failed',
    reason: 'AgentLost',
    message: `the agent ended with ${describe(agent)} and did not finish the job.${words}`,
  };
}

function nodeOf(pod: Pod): string {
  return pod.spec?.nodeName ?? '(none)';
}

function describe(terminated: Terminated): string {
  const reason = terminated.reason === undefined || terminated.reason === 'Error' ? '' : ` (${terminated.reason})`;
  return `exit code ${terminated.exitCode}${reason}`;
}
