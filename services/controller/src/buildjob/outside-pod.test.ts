import { describe, expect, it } from 'vitest';
import { mayHaveBegun } from './acquisition.ts';
import { podProgress } from './pod-progress.ts';
import { ControllerWorld } from './testing/controller-world.ts';
import { at, ended, outside, type PodFacts, running, vanished, waiting } from './testing/kubelet-pod.ts';
import { afterCheckout, checkingOut, commandRuns, copied, initializing, noShell, outsidePod, preparing } from './testing/outside-pods.ts';

describe('a pod without an agent has begun with the job', () => {
  it.each<[string, PodFacts, boolean]>([
    ['not: its node has said nothing', { phase: 'Pending' }, false],
    ['not: an init container before the checkout runs', preparing, false],
    ['not: its checkout waits for the Secret', { containers: { checkout: waiting('CreateContainerConfigError', 'x') } }, false],
    ['not: its checkout could not start', { phase: 'Failed', containers: { checkout: noShell, 'container-0': initializing } }, false],
    ['not: nothing of it was ever started', { phase: 'Failed', containers: { checkout: vanished(), 'container-0': vanished() } }, false],
    ['once its checkout runs', checkingOut, true],
    ['where its checkout has ended', afterCheckout(waiting('ErrImagePull', 'x')), true],
    ['once its command runs', commandRuns, true],
    [
      'not: it has no checkout, and its command is being made',
      { job: { checkout: { skip: true } }, containers: { 'container-0': initializing } },
      false,
    ],
    ['once its command runs, without a checkout', { job: { checkout: { skip: true } }, containers: { 'container-0': running() } }, true],
  ])('%s', (_title, facts, expected) => {
    expect(mayHaveBegun(outsidePod(facts))).toBe(expected);
  });
});

describe('how far a pod without an agent is', () => {
  it.each<[string, PodFacts, string, string | undefined]>([
    ['that waits for a node', { phase: 'Pending', nodeName: undefined }, 'Scheduling', undefined],
    ['that prepares its checkout', preparing, 'Initializing', undefined],
    ['that checks out, from then on', checkingOut, 'Running', at(5)],
    ['whose command runs, from its checkout on', commandRuns, 'Running', at(5)],
    [
      'without a checkout, from its command on',
      { job: { checkout: { skip: true } }, containers: { 'container-0': running(7) } },
      'Running',
      at(7),
    ],
  ])('%s', (_title, facts, phase, runningTime) => {
    expect(podProgress(outsidePod(facts))).toMatchObject({ phase, runningTime, obstacle: undefined });
  });

  it.each<[string, PodFacts, { phase: string; reason: string; final?: boolean; says: string }]>([
    [
      'a Secret that is not there, before it begins',
      {
        phase: 'Pending',
        initContainers: copied,
        containers: { checkout: waiting('CreateContainerConfigError', 'secret "environment" not found') },
      },
      {
        phase: 'Initializing',
        reason: 'ConfigError',
        says: 'secret "environment" not found; create the Secret or ConfigMap that it names',
      },
    ],
    [
      'an image that cannot be pulled, after its checkout',
      afterCheckout(waiting('ImagePullBackOff', 'not found')),
      { phase: 'Running', reason: 'ImagePull', says: 'container container-0' },
    ],
    [
      'an image of no valid name, after its checkout',
      afterCheckout(waiting('InvalidImageName', 'x')),
      { phase: 'Running', reason: 'InvalidImage', final: true, says: "correct the image's name" },
    ],
    [
      'a command that cannot start, after its checkout',
      afterCheckout(noShell),
      { phase: 'Running', reason: 'ConfigError', final: true, says: 'container container-0 could not start' },
    ],
  ])('is told with what is in its way: %s', (_title, facts, { phase, says, ...obstacle }) => {
    expect(podProgress(outsidePod(facts))).toMatchObject({ phase, obstacle: { ...obstacle, message: expect.stringContaining(says) } });
  });

  it.each<[string, PodFacts, string | undefined]>([
    ['fails the job while it checks out', checkingOut, 'SidecarFailed'],
    ['fails the job while its command runs', commandRuns, 'SidecarFailed'],
    ['says nothing once the command has ended', afterCheckout(ended(0)), undefined],
    ['says nothing once the checkout has failed', { phase: 'Pending', containers: { checkout: ended(1) } }, undefined],
  ])('has an essential sidecar whose failure %s', (_title, facts, reason) => {
    const job = { extraContainers: [{ name: 'db', image: 'x', essential: true }] };
    const initContainers = { ...copied, db: ended(1, { finishedAt: 20 }) };
    expect(podProgress(outsidePod({ ...facts, job, initContainers })).failedSidecar?.reason).toBe(reason);
  });

  it('is not held up by a sidecar once it has begun', () => {
    const facts = { ...checkingOut, initContainers: { ...copied, cache: waiting('ImagePullBackOff', 'x') } };
    expect(podProgress(outsidePod(facts)).obstacle).toBeUndefined();
  });
});

describe('a job whose agent runs elsewhere', () => {
  async function underWay(facts: PodFacts) {
    const world = new ControllerWorld(3600, outside);
    const key = world.addJob();
    await world.settle(key);
    world.report(facts);
    await world.settle(key);
    const after = async (seconds: number) => {
      world.wait(seconds);
      await world.settle(key);
      return world.server.jobs[0]?.status;
    };
    return { world, after };
  }

  it('waits for a Secret that is made right after it, and tells which', async () => {
    const missing = waiting('CreateContainerConfigError', 'secret "environment" not found');
    const { world, after } = await underWay({
      phase: 'Pending',
      initContainers: { 'copy-agent': missing },
      containers: { checkout: initializing },
    });
    expect(await after(29)).toMatchObject({
      phase: 'Initializing',
      reason: 'ConfigError',
      message: expect.stringContaining('secret "environment" not found'),
    });
    world.report(checkingOut);
    const status = await after(0);
    expect(status).toMatchObject({ phase: 'Running' });
    expect(status).not.toHaveProperty('reason');
  });

  it('tells while it runs that its image cannot be pulled, and ends after the grace', async () => {
    const { world, after } = await underWay(checkingOut);
    world.report({ phase: 'Pending', containers: { checkout: ended(0), 'container-0': waiting('ErrImagePull', 'not found') } });
    expect(await after(29)).toMatchObject({ phase: 'Running', reason: 'ImagePull' });
    expect(await after(31)).toMatchObject({
      phase: 'Running',
      reason: 'ImagePull',
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Stopping' })]),
    });
    world.sweepNodes();
    expect(await after(0)).toMatchObject({ phase: 'Failed', reason: 'ImagePull', message: expect.stringContaining('within 30 s') });
  });

  it('may run for its timeout from its checkout on', async () => {
    const { world, after } = await underWay(checkingOut);
    world.report(commandRuns);
    expect(await after(104)).toMatchObject({ phase: 'Running', runningTime: at(5) });
    await after(1);
    world.sweepNodes();
    expect(await after(0)).toMatchObject({ phase: 'TimedOut', reason: 'TimedOut' });
  });

  async function lostBeforeCheckout(pendingTimeoutSeconds: number) {
    const world = new ControllerWorld(3600, outside);
    world.changeConfig({ pendingTimeoutSeconds });
    const key = world.addJob();
    await world.settle(key);
    world.report(preparing);
    await world.settle(key);
    return { world, key };
  }

  it.each<[string, string, boolean, string, number]>([
    ['is drained, and its node confirms the end', 'EvictionByEvictionAPI', true, 'Scheduling', 2],
    ['is drained, and its node confirms nothing', 'EvictionByEvictionAPI', false, 'Failed', 1],
    ['is on a lost node, where it may go on unseen', 'DeletionByTaintManager', false, 'Failed', 1],
  ])('gets another pod only where none can run it any more: its pod %s', async (_title, disruption, isConfirmed, phase, pods) => {
    const { world, key } = await lostBeforeCheckout(600);
    world.disruptPods(disruption);
    if (isConfirmed) world.sweepNodes();
    await world.settle(key);
    world.wait(125);
    await world.settle(key);
    world.wait(10);
    await world.settle(key);
    expect(world.server.jobs[0]?.status?.phase).toBe(phase);
    expect(world.server.podsMade).toHaveLength(pods);
  });
});
