import { describe, expect, it } from 'vitest';
import { podEnding } from './pod-ending.ts';
import { ended, kubeletPod, type PodFacts, running, vanished } from './testing/kubelet-pod.ts';

const allRun = { agent: running(), checkout: running(), 'container-0': running() };
const failed = (code: number) => ({ agent: ended(code), checkout: ended(0), 'container-0': ended(code) });
const preempted = { reason: 'PreemptionByScheduler', message: 'default-scheduler: preempting to accommodate a higher priority pod' };
const evicted = { reason: 'Evicted', message: 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 20Mi.' };

interface DisruptionCase {
  readonly title: string;
  readonly pod: PodFacts;
  /** `byCluster`: neither the job nor a person is the cause, so that another pod may do better. */
  readonly ending: { phase: string; reason: string; byCluster?: true };
  readonly says: string;
}

const cases: readonly DisruptionCase[] = [
  {
    title: 'was preempted',
    pod: { phase: 'Failed', disruption: preempted, containers: failed(255), deletedAt: 60 },
    ending: { phase: 'Failed', reason: 'Preempted', byCluster: true },
    says: 'removed from node node-1: default-scheduler: preempting to accommodate a higher priority pod; a pod of higher priority',
  },
  {
    title: 'was evicted through the API, as by a drain',
    pod: {
      phase: 'Failed',
      disruption: { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
      containers: failed(255),
      deletedAt: 60,
    },
    ending: { phase: 'Failed', reason: 'Evicted', byCluster: true },
    says: 'drain',
  },
  {
    title: 'was removed because its node was unreachable',
    pod: {
      phase: 'Failed',
      disruption: { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' },
      containers: allRun,
      deletedAt: 1,
    },
    ending: { phase: 'Failed', reason: 'NodeLost', byCluster: true },
    says: 'unreachable',
  },
  {
    title: 'was removed because its node is gone',
    pod: { phase: 'Failed', disruption: { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }, containers: allRun },
    ending: { phase: 'Failed', reason: 'NodeLost', byCluster: true },
    says: 'PodGC: node no longer exists',
  },
  {
    title: 'was evicted by the kubelet',
    pod: { phase: 'Failed', ...evicted, disruption: { reason: 'TerminationByKubelet' }, containers: failed(137) },
    ending: { phase: 'Failed', reason: 'Evicted', byCluster: true },
    says: evicted.message,
  },
  {
    title: 'was evicted by the kubelet, which forgot the containers',
    pod: { phase: 'Failed', ...evicted, containers: { agent: vanished(), checkout: vanished(), 'container-0': vanished() } },
    ending: { phase: 'Failed', reason: 'Evicted', byCluster: true },
    says: evicted.message,
  },
  {
    title: 'was evicted while an init container ran',
    pod: { phase: 'Failed', ...evicted, disruption: { reason: 'TerminationByKubelet' }, initContainers: { 'copy-agent': ended(137) } },
    ending: { phase: 'Failed', reason: 'Evicted', byCluster: true },
    says: 'raise the requests of the job',
  },
  {
    title: 'was ended by the shutdown of its node',
    pod: {
      phase: 'Failed',
      reason: 'Terminated',
      message: 'Pod was terminated in response to imminent node shutdown.',
      disruption: { reason: 'TerminationByKubelet' },
      containers: failed(255),
    },
    ending: { phase: 'Failed', reason: 'Evicted', byCluster: true },
    says: 'node shutdown',
  },
  {
    title: 'was on a node that was reset, by the kubelet',
    pod: { phase: 'Failed', containers: { agent: vanished(), checkout: ended(0), 'container-0': vanished() } },
    ending: { phase: 'Failed', reason: 'NodeLost', byCluster: true },
    says: 'node node-1 lost the containers',
  },
  {
    title: 'was on a node that was reset, by containerd',
    pod: {
      phase: 'Failed',
      containers: { agent: ended(255, { reason: 'Unknown' }), checkout: ended(0), 'container-0': ended(255, { reason: 'Unknown' }) },
    },
    ending: { phase: 'Failed', reason: 'NodeLost', byCluster: true },
    says: 'reset',
  },
  {
    title: 'was deleted, and its node never said more',
    pod: { containers: allRun, deletedAt: 1 },
    ending: { phase: 'Failed', reason: 'NodeLost' },
    says: 'node node-1 did not report the end of the pod in time',
  },
  {
    title: 'was refused by the kubelet',
    pod: { phase: 'Failed', reason: 'OutOfcpu', message: 'Pod was rejected: Node did not have enough resource: cpu' },
    ending: { phase: 'Failed', reason: 'Evicted', byCluster: true },
    says: 'node node-1 refused the pod: OutOfcpu: Pod was rejected: Node did not have enough resource: cpu; what the scheduler knew',
  },
  ...['OutOfmemory', 'OutOfpods', 'NodeAffinity', 'UnexpectedAdmissionError', 'NodeShutdown', 'Terminated', 'TopologyAffinityError'].map(
    reason => ({
      title: `was refused by the kubelet as ${reason}`,
      pod: { phase: 'Failed', reason, message: 'Pod was rejected: x' } as const,
      ending: { phase: 'Failed', reason: 'Evicted', byCluster: true } as const,
      says: `refused the pod: ${reason}: Pod was rejected: x`,
    }),
  ),
  {
    title: 'was refused by the kubelet and deleted by somebody',
    pod: { phase: 'Failed', reason: 'OutOfcpu', message: 'x', deletedAt: 5 },
    ending: { phase: 'Failed', reason: 'Evicted' },
    says: 'refused the pod',
  },
  {
    title: 'made way for a critical pod, by the kubelet',
    pod: {
      phase: 'Failed',
      reason: 'Preempting',
      message: 'Preempted in order to admit critical pod',
      disruption: { reason: 'TerminationByKubelet' },
      containers: failed(137),
    },
    ending: { phase: 'Failed', reason: 'Preempted', byCluster: true },
    says: 'Preempted in order to admit critical pod',
  },
  {
    title: 'was on a node that was reset while an init container ran',
    pod: { phase: 'Failed', initContainers: { 'copy-agent': ended(255, { reason: 'Unknown' }) } },
    ending: { phase: 'Failed', reason: 'NodeLost', byCluster: true },
    says: 'lost the containers',
  },
];

describe('the ending of a pod that', () => {
  it.each(cases)('$title', ({ pod, ending, says }) => {
    const { message, disruption, ...found } = podEnding(kubeletPod(pod), undefined);
    expect({ ...found, byCluster: disruption !== undefined }).toStrictEqual({ byCluster: false, ...ending });
    expect(message).toContain(says);
  });
});
