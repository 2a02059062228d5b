import { describe, expect, it } from 'vitest';
import { mayHaveBegun } from './acquisition.ts';
import type { ContainerStatus } from './pod-containers.ts';
import { at, ended, kubeletPod, type PodFacts, running, vanished, waiting } from './testing/kubelet-pod.ts';

const allRun = { agent: running(), checkout: running(), 'container-0': running() };
const creating = waiting('ContainerCreating');
const noShell = ended(128, { reason: 'StartError', message: 'exec: "/bin/sh": no such file', startedAt: -1_767_225_600 });

describe('the agent may have acquired the job', () => {
  it.each<[string, PodFacts, boolean]>([
    ['once agent and clients run', { containers: allRun }, true],
    [
      'where all have run and ended',
      { phase: 'Failed', containers: { agent: ended(1), checkout: ended(0), 'container-0': ended(1) } },
      true,
    ],
    [
      'where the job has no checkout',
      { job: { checkout: { skip: true } }, containers: { agent: running(), 'container-0': running() } },
      true,
    ],
    ['not: the node has said nothing', { phase: 'Pending' }, false],
    ['not: the node refused the pod', { phase: 'Failed', reason: 'OutOfcpu' }, false],
    ['not: a client is not reported', { containers: { agent: running(), checkout: running() } }, false],
    [
      'not: a further command is being made',
      { job: { commandContainers: [{ name: 'lint' }] }, containers: { ...allRun, lint: creating } },
      false,
    ],
    ['not: a client is being made', { containers: { ...allRun, 'container-0': creating } }, false],
    ['not: an image cannot be pulled', { containers: { ...allRun, 'container-0': waiting('ErrImagePull', 'x') } }, false],
    ['not: the command could not start', { containers: { ...allRun, 'container-0': noShell } }, false],
    ['not: the agent has not started', { containers: { ...allRun, agent: creating } }, false],
    [
      'not: a client that was never made is said to be lost',
      { phase: 'Failed', containers: { ...allRun, 'container-0': vanished() } },
      false,
    ],
  ])('%s', (_title, facts, expected) => {
    expect(mayHaveBegun(kubeletPod(facts))).toBe(expected);
  });

  it.each<[string, Partial<ContainerStatus>, boolean]>([
    ['had an ID', { state: vanished(), containerID: 'containerd://1' }, true],
    ['is said to have run before', { state: creating, lastState: vanished() }, true],
    ['is said to have started', { state: vanished(), started: true }, true],
    ['could not start before either', { state: waiting('CrashLoopBackOff'), lastState: noShell }, false],
    ['has no state', {}, false],
  ])('where a client that the kubelet lost %s', (_title, seen, expected) => {
    const pod = kubeletPod({ containers: { agent: running(), checkout: running() } });
    const command: ContainerStatus = { name: 'container-0', image: '', imageID: '', ready: false, restartCount: 0, ...seen };
    const containerStatuses = [...(pod.status?.containerStatuses ?? []), command];
    expect(mayHaveBegun({ ...pod, status: { ...pod.status, containerStatuses } })).toBe(expected);
  });

  it('never by a pod of which nothing is known', () => {
    expect(mayHaveBegun({ metadata: { name: 'x', creationTimestamp: at(0) } })).toBe(false);
  });
});
