import type { Live, Pod } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';
import type { ContainerStatus } from './pod-containers.ts';
import { podProgress } from './pod-progress.ts';
import { ended, kubeletPod, type PodFacts, running, waiting } from './testing/kubelet-pod.ts';

const allRun = { agent: running(5), checkout: running(6), 'container-0': running(7) };
const starting = { agent: waiting('PodInitializing'), checkout: waiting('PodInitializing'), 'container-0': waiting('PodInitializing') };
const job = {
  extraContainers: [
    { name: 'db', image: 'x', resources: { limits: { memory: '64Mi' } }, essential: true },
    { name: 'cache', image: 'x' },
  ],
};

/** A pod with these sidecars, as far as the kubelet tells of them. */
function podWith(sidecars: Readonly<Record<string, Partial<ContainerStatus>>>, facts: PodFacts = { containers: allRun }): Live<Pod> {
  const pod = kubeletPod({ job, ...facts });
  const initContainerStatuses = Object.entries(sidecars).map(([name, seen]) => ({
    name,
    image: 'x',
    imageID: '',
    ready: true,
    restartCount: 0,
    ...seen,
  }));
  return { ...pod, status: { ...pod.status, initContainerStatuses } };
}

const crash = ended(1, { finishedAt: 20, message: 'no space left on device\n' });

describe('an essential sidecar', () => {
  it.each<[string, Partial<ContainerStatus>, string]>([
    ['has ended', { state: crash }, 'essential sidecar db ended with exit code 1; see its container log. Its last words: no space left'],
    ['is started again since', { state: running(30), lastState: crash }, 'exit code 1'],
    ['waits to be started again', { state: waiting('CrashLoopBackOff'), lastState: crash }, 'exit code 1'],
    ['ended well since', { state: ended(0), lastState: crash }, 'exit code 1'],
    ['ended by a signal', { state: ended(143, { finishedAt: 20 }) }, 'exit code 143'],
    [
      'was killed for its memory',
      { state: ended(137, { reason: 'OOMKilled', finishedAt: 20 }) },
      '(OOMKilled): it used more memory than its limit of 64Mi',
    ],
  ])('fails the job that runs where it %s', (_title, seen, says) => {
    expect(podProgress(podWith({ db: seen })).failedSidecar).toStrictEqual({
      reason: 'SidecarFailed',
      message: expect.stringContaining(says),
    });
  });

  it.each<[string, Partial<ContainerStatus>, PodFacts?]>([
    ['runs', { state: running(2) }],
    ['ended well', { state: ended(0, { finishedAt: 20 }) }],
    ['crashed before the job started, and has recovered', { state: running(5), lastState: ended(1, { finishedAt: 4 }) }],
    ['ends because the pod does', { state: crash }, { containers: { ...allRun, agent: ended(0) } }],
    ['ends because the pod is taken down', { state: crash }, { containers: allRun, deletedAt: 60 }],
  ])('does not where it %s', (_title, seen, facts) => {
    expect(podProgress(podWith({ db: seen }, facts)).failedSidecar).toBeUndefined();
  });

  it('keeps the job from starting while it crashes, and is told of at once', () => {
    const pod = podWith(
      { db: { started: false, state: waiting('CrashLoopBackOff'), lastState: crash } },
      { phase: 'Pending', containers: starting },
    );
    expect(podProgress(pod)).toMatchObject({
      phase: 'Initializing',
      obstacle: { reason: 'SidecarFailed', message: expect.stringContaining('before the job started') },
    });
  });

  it('that is not ready yet is awaited, without a word', () => {
    const pod = podWith({ db: { started: false, state: running(2) } }, { phase: 'Pending', containers: starting });
    const { obstacle, awaited } = podProgress(pod);
    expect({ obstacle, awaited }).toStrictEqual({
      obstacle: undefined,
      awaited: { reason: 'SidecarFailed', message: expect.stringContaining('db has not become ready') },
    });
  });

  it('that is ready is not in the way', () => {
    const pod = podWith({ db: { started: true, state: running(2), lastState: crash } }, { phase: 'Pending', containers: starting });
    const { obstacle, awaited } = podProgress(pod);
    expect({ obstacle, awaited }).toStrictEqual({ obstacle: undefined, awaited: undefined });
  });
});

describe('any other sidecar', () => {
  it.each([1, 137, 143, 255])('may end with %i while the job runs', exitCode => {
    expect(podProgress(podWith({ cache: { state: ended(exitCode, { finishedAt: 20 }) } })).failedSidecar).toBeUndefined();
  });

  it('may crash before the job starts', () => {
    const crashing = { started: false, state: waiting('CrashLoopBackOff'), lastState: crash };
    const { obstacle, awaited } = podProgress(podWith({ cache: crashing }, { phase: 'Pending', containers: starting }));
    expect({ obstacle, awaited }).toStrictEqual({ obstacle: undefined, awaited: undefined });
  });
});

describe('a container that cannot start', () => {
  const noShell = ended(128, { reason: 'StartError', message: 'exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown' });

  it.each<[string, PodFacts['containers'], string]>([
    ['for want of a shell', { ...allRun, 'container-0': noShell }, "the job's image has no /bin/sh"],
    [
      'as the runtime says',
      { ...allRun, checkout: ended(127, { reason: 'ContainerCannotRun', message: 'bad user' }) },
      'bad user; check the',
    ],
  ])('%s is a mistake that no grace mends', (_title, containers = {}, says) => {
    expect(podProgress(kubeletPod({ containers }))).toMatchObject({
      phase: 'Initializing',
      obstacle: { reason: 'ConfigError', final: true, message: expect.stringContaining(says) },
    });
  });

  it('may recover where it is started again', () => {
    const pod = podWith({ cache: { state: waiting('CrashLoopBackOff'), lastState: noShell } }, { phase: 'Pending', containers: starting });
    expect(podProgress(pod).obstacle).toMatchObject({
      reason: 'ConfigError',
      final: false,
      message: expect.stringContaining('container cache'),
    });
  });

  it('is told with its missing shell as soon as the kubelet says so', () => {
    const containers = { ...allRun, 'container-0': waiting('RunContainerError', 'exec: "/bin/sh": no such file or directory') };
    expect(podProgress(kubeletPod({ phase: 'Pending', containers })).obstacle?.message).toContain("the job's image has no /bin/sh");
  });
});
