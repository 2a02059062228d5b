import { describe, expect, it } from 'vitest';
import { ControllerWorld } from './testing/controller-world.ts';
import { running, waiting } from './testing/kubelet-pod.ts';

async function withPod(ttl = 3600) {
  const world = new ControllerWorld(ttl);
  const key = world.addJob();
  await world.settle(key);
  return { world, key, status: () => world.server.jobs[0]?.status };
}

describe('a pod that is lost before the job started', () => {
  it('leaves a job that waits for its next one, and says which it was, why, and what follows', async () => {
    const { world, key, status } = await withPod();
    world.report({ phase: 'Pending', containers: { agent: running(), 'container-0': waiting('ContainerCreating') } });
    await world.settle(key);
    world.disruptPods('PreemptionByScheduler');
    world.sweepNodes();
    await world.settle(key);
    expect(status()).toMatchObject({
      phase: 'Pending',
      reason: 'Preempted',
      message: expect.stringMatching(
        /^pod 1 of at most 3 was lost before the job started: the pod was removed from node node-1: by a test; another one is made once it is gone, after \d s$/,
      ),
      podAttempts: 1,
      replacedPodUid: 'pod-uid-1',
    });
    for (const gone of ['podUid', 'podName', 'nodeName', 'schedulingTime', 'initializingTime']) expect(status()).not.toHaveProperty(gone);
    expect(world.server.pods).toStrictEqual([]);
  });

  it('is replaced after a wait, which grows', async () => {
    const { world, key, status } = await withPod();
    for (const [pod, least, most] of [
      [1, 3, 5],
      [2, 6, 10],
    ] as const) {
      world.refusePods();
      await world.settle(key);
      world.wait(least - 1);
      await world.settle(key);
      expect(world.server.podsMade).toHaveLength(pod);
      world.wait(most - least + 1);
      await world.settle(key);
      expect(world.server.podsMade).toHaveLength(pod + 1);
    }
    expect(status()).toMatchObject({ phase: 'Scheduling', podAttempts: 3, podUid: 'pod-uid-3', replacedPodUid: 'pod-uid-2' });
    expect(status()).not.toHaveProperty('reason');
    world.refusePods();
    await world.settle(key);
    expect(status()).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: expect.stringMatching(/; given up after 3 pods$/) });
  });

  it('is told in an Event and counted', async () => {
    const { world, key } = await withPod();
    world.refusePods();
    await world.settle(key);
    expect(world.server.events.map(({ type, reason }) => [type, reason])).toContainEqual(['Warning', 'PodReplaced']);
    expect(await world.figures('buildjob_pods_replaced_total')).toContain('reason="Evicted"');
  });

  it('is asked for itself first: it may have run since', async () => {
    const { world, key, status } = await withPod();
    world.refusePods();
    world.sync();
    const [refused] = world.server.pods;
    expect(refused?.status?.phase).toBe('Failed');
    for (const pod of world.server.pods) world.server.put('pods', { ...pod, status: { phase: 'Running' } } as typeof pod);
    world.runPods();
    await world.reconcile(key);
    expect(status()).toMatchObject({ phase: 'Running', podUid: 'pod-uid-1' });
  });

  it('is not taken for the next one by a leader with an old cache', async () => {
    const { world, key, status } = await withPod();
    world.sync({ replica: 1 });
    for (let pod = 0; pod < 2; pod += 1) {
      world.refusePods();
      await world.settle(key);
      world.wait(10);
      if (pod === 0) await world.settle(key);
    }
    // The other one knows the job as it is, and still the first of its pods.
    world.failOver();
    world.sync({ pods: false });
    await world.reconcile(key);
    expect(status()).toMatchObject({ phase: 'Pending', podAttempts: 2, replacedPodUid: 'pod-uid-2' });
    await world.settle(key);
    expect(status()).toMatchObject({ phase: 'Scheduling', podAttempts: 3, podUid: 'pod-uid-3' });
  });

  it('is taken away by force where its node never confirms that it is gone', async () => {
    const { world, key, status } = await withPod();
    world.changeConfig({ pendingTimeoutSeconds: 600 });
    world.report({ phase: 'Pending', containers: { agent: running() } });
    await world.settle(key);
    world.disruptPods('DeletionByTaintManager');
    await world.settle(key);
    world.wait(119);
    await world.settle(key);
    expect(world.server.pods).toHaveLength(1);
    world.wait(1);
    await world.settle(key);
    expect(world.server.pods).toStrictEqual([]);
    expect(status()).toMatchObject({ phase: 'Pending', reason: 'NodeLost' });
    world.wait(10);
    await world.settle(key);
    expect(status()).toMatchObject({ phase: 'Scheduling', podUid: 'pod-uid-2' });
  });
});

describe('a pod of nobody that has the name', () => {
  it.each([
    ['known to the cache', true],
    ['unknown to the cache', false],
  ])('is told of, %s, and waited for', async (_title, pods) => {
    const world = new ControllerWorld(3600);
    const key = world.addJob();
    const stranger = { metadata: { name: 'bk-0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b', namespace: 'jobs' }, status: { phase: 'Running' } };
    world.server.put('pods', stranger);
    world.sync({ pods });
    await world.reconcile(key);
    expect(world.server.jobs[0]?.status).toMatchObject({
      phase: 'Pending',
      reason: 'Duplicate',
      message: expect.stringContaining('belongs to no BuildJob; delete it'),
    });
    world.server.deleteByHand('pods', stranger.metadata.name);
    await world.settle(key);
    expect(world.server.jobs[0]?.status).toMatchObject({ phase: 'Scheduling' });
  });

  it('fails the job that waits for it too long', async () => {
    const world = new ControllerWorld(3600);
    const key = world.addJob();
    world.server.put('pods', { metadata: { name: 'bk-0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b', namespace: 'jobs' } });
    await world.settle(key);
    world.wait(51);
    await world.settle(key);
    expect(world.server.jobs[0]?.status).toMatchObject({ phase: 'Failed', reason: 'Duplicate' });
    expect(world.server.pods).toHaveLength(1);
  });
});
