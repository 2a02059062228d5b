import { sampleJob } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import { podProgress } from './pod-progress.ts';
import { at, createdPod, ended, kubeletPod, type PodFacts, running, vanished, waiting } from './testing/kubelet-pod.ts';

const allRun = { agent: running(5), checkout: running(6), 'container-0': running(7) };
const creating = waiting('ContainerCreating');

describe('how far a pod is', () => {
  it('that was just made: it waits for a node', () => {
    expect(podProgress(createdPod(sampleJob()))).toStrictEqual({
      phase: 'Scheduling',
      schedulingTime: at(1),
      initializingTime: undefined,
      runningTime: undefined,
      obstacle: undefined,
    });
  });

  it.each<[string, PodFacts, string, string | undefined]>([
    ['without a node', { phase: 'Pending', nodeName: undefined }, 'Scheduling', undefined],
    ['on a node that has not said anything', { phase: 'Pending' }, 'Initializing', undefined],
    ['with an init container under way', { phase: 'Pending', initContainers: { 'copy-agent': running(3) } }, 'Initializing', undefined],
    [
      'whose containers are being made',
      { phase: 'Pending', containers: { agent: creating, checkout: creating, 'container-0': creating } },
      'Initializing',
      undefined,
    ],
    ['of which one container still pulls', { containers: { ...allRun, 'container-0': creating } }, 'Initializing', undefined],
    ['whose agent is not reported', { containers: { checkout: running(), 'container-0': running() } }, 'Initializing', undefined],
    ['whose command is not reported', { containers: { agent: running(), checkout: running() } }, 'Initializing', undefined],
    ['with all containers started, from the last start on', { containers: allRun }, 'Running', at(7)],
    ['whose checkout is through', { containers: { ...allRun, checkout: ended(0, { startedAt: 6 }) } }, 'Running', at(7)],
    [
      'that ended at once',
      { containers: { agent: ended(0), checkout: ended(0, { startedAt: 8 }), 'container-0': ended(0) } },
      'Running',
      at(8),
    ],
    [
      'without checkout',
      { job: { checkout: { skip: true } }, containers: { agent: running(5), 'container-0': running(6) } },
      'Running',
      at(6),
    ],
    [
      'whose container the kubelet cannot find, so that its start is null',
      { containers: { ...allRun, checkout: vanished() } },
      'Initializing',
      undefined,
    ],
  ])('%s', (_title, facts, phase, runningTime) => {
    expect(podProgress(kubeletPod(facts))).toMatchObject({ phase, runningTime });
  });

  it('is told with the times of the API server and the kubelet', () => {
    expect(podProgress(kubeletPod({ containers: allRun }))).toStrictEqual({
      phase: 'Running',
      schedulingTime: at(1),
      initializingTime: at(2),
      runningTime: at(7),
      obstacle: undefined,
      failedSidecar: undefined,
    });
  });
});

describe('what keeps a pod from running', () => {
  it("is the scheduler's reason", () => {
    const unschedulable =
      '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.';
    expect(podProgress(kubeletPod({ phase: 'Pending', unschedulable })).obstacle).toStrictEqual({
      reason: 'Unschedulable',
      message: expect.stringMatching(/^no node can take the pod: 0\/3 nodes are available: 3 Insufficient cpu\. .*; ask for less/),
    });
  });

  it.each([
    ['ErrImagePull', 'ImagePull'],
    ['ImagePullBackOff', 'ImagePull'],
    ['ErrImageNeverPull', 'ImagePull'],
    ['ImageInspectError', 'ImagePull'],
    ['RegistryUnavailable', 'ImagePull'],
    ['SignatureValidationFailed', 'ImagePull'],
    ['InvalidImageName', 'InvalidImage'],
    ['CreateContainerConfigError', 'ConfigError'],
    ['CreateContainerError', 'ConfigError'],
    ['RunContainerError', 'ConfigError'],
    ['PreCreateHookError', 'ConfigError'],
    ['PreStartHookError', 'ConfigError'],
    ['PostStartHookError', 'ConfigError'],
    ['ContainerCreating', undefined],
    ['PodInitializing', undefined],
    ['CrashLoopBackOff', undefined],
  ])("is, by the kubelet's %s, %s", (word, reason) => {
    const facts: PodFacts = {
      phase: 'Pending',
      containers: { agent: running(), checkout: running(), 'container-0': waiting(word, 'why') },
    };
    expect(podProgress(kubeletPod(facts)).obstacle?.reason).toBe(reason);
  });

  it('is told with container, image and the words of the kubelet', () => {
    const message = 'Back-off pulling image "nope:1": ErrImagePull: not found';
    const facts: PodFacts = {
      job: { image: 'nope:1' },
      phase: 'Pending',
      containers: { agent: running(), 'container-0': waiting('ImagePullBackOff', message) },
    };
    expect(podProgress(kubeletPod(facts)).obstacle?.message).toBe(
      `container container-0 (image nope:1): ImagePullBackOff: ${message}; check the image's name and tag, the registry, and imagePullSecrets of the environment`,
    );
  });

  it('is told without the image where that is not the cause, and without words where there are none', () => {
    const facts: PodFacts = { phase: 'Pending', containers: { 'container-0': waiting('CreateContainerConfigError') } };
    expect(podProgress(kubeletPod(facts)).obstacle?.message).toBe(
      'container container-0: CreateContainerConfigError: no message; create the Secret or ConfigMap that it names, or correct the container',
    );
  });

  it('may be an init container', () => {
    const facts: PodFacts = { phase: 'Pending', initContainers: { 'copy-agent': waiting('ErrImagePull', 'x') } };
    expect(podProgress(kubeletPod(facts)).obstacle).toMatchObject({ reason: 'ImagePull' });
  });

  it('is nothing once the job runs, whatever a sidecar does', () => {
    const facts: PodFacts = { initContainers: { cache: waiting('ImagePullBackOff', 'x') }, containers: allRun };
    expect(podProgress(kubeletPod(facts)).obstacle).toBeUndefined();
  });
});
