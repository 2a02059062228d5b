import type { Reason } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { nodeOf } from './container-words.ts';
import { decisiveEnd, failedInitContainer } from './pod-containers.ts';

/** What the cluster did to a pod, where neither the job nor a person is the cause. */
export interface Disruption {
  readonly reason: Extract<Reason, 'Evicted' | 'NodeLost' | 'Preempted'>;
  /** What happened. */
  readonly words: string;
  /** What a person should do about it. */
  readonly advice: string;
}

interface Known {
  readonly reason: Disruption['reason'];
  readonly advice: string;
}

const shortOfResource: Known = {
  reason: 'Evicted',
  advice: 'the node ran short of a resource or shut down; raise the requests of the job and run it again',
};
const nodeGone: Known = { reason: 'NodeLost', advice: 'its node is gone; run the job again' };
const outranked: Known = {
  reason: 'Preempted',
  advice: 'a pod of higher priority took its place; raise priorityClassName or add nodes, and run the job again',
};

/** Reasons of the pod's DisruptionTarget condition (Kubernetes: Disruptions, "Pod disruption conditions"). */
const conditionReasons: Readonly<Record<string, Known>> = {
  PreemptionByScheduler: outranked,
  DeletionByTaintManager: {
    reason: 'NodeLost',
    advice: 'its node was tainted against it, as an unreachable node is; look at the node and run the job again',
  },
  EvictionByEvictionAPI: { reason: 'Evicted', advice: 'it was evicted, for example by the drain of its node; run the job again' },
  DeletionByPodGC: nodeGone,
  TerminationByKubelet: shortOfResource,
};

/** Reasons of a pod's own status; the kubelet's pre-emption for critical pods has the condition of an eviction. */
const podReasons: Readonly<Record<string, Known>> = { Preempting: outranked, Evicted: shortOfResource, NodeLost: nodeGone };

/** The pod was removed from its node: evicted, pre-empted, drained, or gone with the node. */
export function removedFromNode(pod: Pod): Disruption | undefined {
  const { reason = '', message } = pod.status ?? {};
  const condition = disruptionTarget(pod);
  const ownReason = reason === 'Preempting' ? podReasons[reason] : undefined;
  const known = ownReason ?? conditionReasons[condition?.reason ?? ''] ?? podReasons[reason];
  if (known === undefined) return undefined;
  const words = `the pod was removed from node ${nodeOf(pod)}: ${message ?? condition?.message ?? known.reason}`;
  return { reason: known.reason, words, advice: known.advice };
}

/**
 * The kubelet refused the pod that the scheduler gave it: OutOfcpu and other OutOf…, NodeAffinity, UnexpectedAdmissionError, NodeShutdown
 * and more, an open list: it is told by a reason at the pod and a job that never came to its end.
 */
export function refusedByNode(pod: Pod): Disruption | undefined {
  const { phase, reason = '', message = 'no message' } = pod.status ?? {};
  if (phase !== 'Failed' || reason === '' || reason === 'DeadlineExceeded') return undefined;
  if (decisiveEnd(pod) !== undefined || failedInitContainer(pod) !== undefined) return undefined;
  return {
    reason: 'Evicted',
    words: `node ${nodeOf(pod)} refused the pod: ${reason}: ${message}`,
    advice: 'what the scheduler knew of the node was not what it has; look at the node and run the job again',
  };
}

/** Reasons that kubelet and containerd make up for a container of which they know no end: its node was reset while it ran. */
const unknownEnds: ReadonlySet<string> = new Set(['ContainerStatusUnknown', 'Unknown']);

/** The node has lost an init container of the pod. */
export function initLost(pod: Pod): Disruption | undefined {
  return containersLost(pod, failedInitContainer(pod)?.terminated.reason);
}

/** The node has lost the container whose end is the job's. Of a pod that a person deleted, the kubelet says so of what it never started, too. */
export function jobLostWithNode(pod: Pod): Disruption | undefined {
  return deletedByPerson(pod) ? undefined : containersLost(pod, decisiveEnd(pod)?.reason);
}

function containersLost(pod: Pod, reason = ''): Disruption | undefined {
  if (!unknownEnds.has(reason)) return undefined;
  return {
    reason: 'NodeLost',
    words: `node ${nodeOf(pod)} lost the containers of the pod, as one that was reset does`,
    advice: 'look at the node and run the job again',
  };
}

/** Whether somebody asked for the pod's deletion who is not part of the cluster: it bears no mark of a disruption. */
export function deletedByPerson(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined && disruptionTarget(pod) === undefined;
}

function disruptionTarget(pod: Pod) {
  return pod.status?.conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
}
