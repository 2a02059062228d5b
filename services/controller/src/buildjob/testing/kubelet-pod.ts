import type { BuildJob, BuildJobSpec } from '@buildkite-operator/crds';
import type { Live, Pod } from '@buildkite-operator/kube';
import { renderPod } from '@buildkite-operator/podspec';
import { podDefaults, sampleJob, sampleJobId } from '@buildkite-operator/podspec/testing';
import { toKubernetesTime } from '@buildkite-operator/service';
import { type ContainerStatus, isOutside } from '../pod-containers.ts';

/** Pods as the API server and the kubelet (v1.35) write them, with what they leave out and what they set to null. */

export const startMs = Date.parse('2026-01-01T00:00:00Z');

/** The time so many seconds after all began. */
export function at(seconds: number): string {
  return toKubernetesTime(startMs + seconds * 1000);
}

type State = NonNullable<ContainerStatus['state']>;

export function waiting(reason: string, message?: string): State {
  return { waiting: { reason, ...(message !== undefined && { message }) } };
}

export function running(startedAt = 3): State {
  return { running: { startedAt: at(startedAt) } };
}

/** The kubelet's reason is Completed for exit code 0 and Error otherwise, unless it knows better. */
export function ended(exitCode: number, more: { reason?: string; message?: string; startedAt?: number; finishedAt?: number } = {}): State {
  const { reason = exitCode === 0 ? 'Completed' : 'Error', message, startedAt = 3, finishedAt = 10 } = more;
  const containerID = 'containerd://0123456789abcdef';
  return {
    terminated: {
      exitCode,
      reason,
      startedAt: at(startedAt),
      finishedAt: at(finishedAt),
      containerID,
      ...(message !== undefined && { message }),
    },
  };
}

/** What the kubelet writes for a container that it cannot find any more; its times are null on the wire. */
export function vanished(): State {
  const unknown = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: null,
    finishedAt: null,
  };
  return JSON.parse(JSON.stringify({ terminated: unknown }));
}

/** Of a job whose agent runs elsewhere. */
export const outside: Partial<BuildJobSpec> = {
  buildkite: { jobId: sampleJobId, outsideAgent: { environmentSecret: 'environment-of-the-job' } },
};

export interface PodFacts {
  readonly job?: Partial<BuildJobSpec>;
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** Of the pod as a whole, as the kubelet sets them on an eviction. */
  readonly reason?: string;
  readonly message?: string;
  /** Undefined: no node yet. */
  readonly nodeName?: string | undefined;
  readonly unschedulable?: string;
  readonly disruption?: { readonly reason: string; readonly message?: string };
  /** By container name, wherever the pod has it; those that are not named are not in the status yet. The agent does not count without one. */
  readonly containers?: Readonly<Record<string, State>>;
  readonly initContainers?: Readonly<Record<string, State>>;
  /** Seconds: when its grace period is over. */
  readonly deletedAt?: number;
}

/** A pod of the sample job, by what is known of it. By default it runs. */
export function kubeletPod(facts: PodFacts = {}): Live<Pod> {
  return withStatus(createdPod(sampleJob(facts.job)), facts);
}

/** The job's pod as the API server has just made it. */
export function createdPod(job: BuildJob, uid = 'pod-uid'): Live<Pod> {
  const rendered = renderPod(job, new Map(), podDefaults);
  const { apiVersion, kind } = job;
  const owner = { apiVersion, kind, name: job.metadata.name, uid: job.metadata.uid ?? '', controller: true, blockOwnerDeletion: false };
  const metadata = { name: '', ...rendered.metadata, uid, resourceVersion: '10', creationTimestamp: at(1), ownerReferences: [owner] };
  return { ...rendered, metadata, status: { phase: 'Pending' } };
}

/** The pod with its status and its node; `facts.job` does not count. */
export function withStatus(pod: Live<Pod>, facts: PodFacts): Live<Pod> {
  const { phase = 'Running', reason, message, containers = {}, initContainers = {}, deletedAt, disruption, unschedulable } = facts;
  const nodeName = 'nodeName' in facts || unschedulable !== undefined ? facts.nodeName : 'node-1';
  const statuses = (states: Readonly<Record<string, State>>): ContainerStatus[] =>
    Object.entries(states).map(([name, state]) => ({
      name,
      image: imageOf(pod, name),
      imageID: '',
      ready: state.running !== undefined,
      restartCount: 0,
      state,
      lastState: {},
    }));
  const init = new Set(pod.spec?.initContainers?.map(({ name }) => name));
  const seen = Object.entries(containers).filter(([name]) => name !== 'agent' || !isOutside(pod));
  const [ofInit, ofMain] = [true, false].map(isInit => Object.fromEntries(seen.filter(([name]) => init.has(name) === isInit)));
  const scheduled =
    unschedulable === undefined
      ? { type: 'PodScheduled', status: nodeName === undefined ? 'False' : 'True', lastTransitionTime: at(2) }
      : { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: unschedulable, lastTransitionTime: at(2) };
  const conditions = [
    ...(nodeName === undefined && unschedulable === undefined ? [] : [scheduled]),
    ...(disruption === undefined ? [] : [{ type: 'DisruptionTarget', status: 'True', lastTransitionTime: at(9), ...disruption }]),
  ];
  const spec = { containers: [], ...pod.spec, ...(nodeName !== undefined && { nodeName }) };
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(deletedAt !== undefined && { deletionTimestamp: at(deletedAt), deletionGracePeriodSeconds: 60 }) },
    spec,
    status: {
      phase,
      conditions,
      initContainerStatuses: statuses({ ...initContainers, ...ofInit }),
      containerStatuses: statuses({ ...ofMain }),
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message }),
    },
  };
}

function imageOf(pod: Pod, name: string): string {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  return all.find(container => container.name === name)?.image ?? '';
}
