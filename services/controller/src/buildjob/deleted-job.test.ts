import { reportEndingFinalizer } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { ControllerWorld } from './testing/controller-world.ts';
import { ended } from './testing/kubelet-pod.ts';

/** A world with a BuildJob that stays after its deletion until Buildkite knows of its end, and its running pod. */
async function worldWithReportedJob() {
  const world = new ControllerWorld();
  const key = world.addJob({}, 'bk-first');
  setFinalizers(world, [reportEndingFinalizer]);
  await world.settle(key);
  world.runPods();
  await world.settle(key);
  return { world, key };
}

function setFinalizers(world: ControllerWorld, finalizers: string[]): void {
  for (const job of world.server.jobs) world.server.put('buildjobs', { ...job, metadata: { ...job.metadata, finalizers } });
}

async function finish(world: ControllerWorld, key: string): Promise<void> {
  world.report({ phase: 'Succeeded', containers: { agent: ended(0), checkout: ended(0), 'container-0': ended(0) } });
  await world.settle(key);
}

/** The calls that the next three reconciles of it make, and what comes back. */
async function furtherWork(world: ControllerWorld, key: string) {
  const before = world.server.calls.length;
  const results = [];
  for (let round = 0; round < 3; round += 1) {
    world.sync();
    results.push(await world.reconcile(key));
  }
  return { calls: world.server.calls.slice(before), results };
}

const idle = { calls: [], results: [{ kind: 'done' }, { kind: 'done' }, { kind: 'done' }] };
const count = (world: ControllerWorld, call: string) => world.server.calls.filter(made => made === call).length;

describe('a BuildJob that has ended and waits for its report', () => {
  it('is deleted once, has no pod any more, and is left alone until it is let go', async () => {
    const { world, key } = await worldWithReportedJob();
    await finish(world, key);
    expect(world.server.jobs[0]).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String), finalizers: [reportEndingFinalizer] },
      status: { phase: 'Succeeded', exitCode: 0 },
    });
    expect(world.server.pods).toStrictEqual([]);
    expect(count(world, 'DELETE buildjobs')).toBe(1);
    world.wait(3600);
    expect(await furtherWork(world, key)).toStrictEqual(idle);
    setFinalizers(world, []);
    expect(world.server.jobs).toStrictEqual([]);
  });

  it('is in the way of no other BuildJob for the same Buildkite job, which gets a pod of its own', async () => {
    const { world, key } = await worldWithReportedJob();
    await finish(world, key);
    const second = world.addJob({}, 'bk-second');
    await world.settle(second);
    expect(world.server.jobs.map(({ metadata, status }) => [metadata.name, status?.phase])).toStrictEqual([
      ['bk-first', 'Succeeded'],
      ['bk-second', 'Scheduling'],
    ]);
    expect(await furtherWork(world, key)).toStrictEqual(idle);
    expect(world.server.pods[0]?.metadata).not.toHaveProperty('deletionTimestamp');
  });
});

describe('a BuildJob that is deleted while it runs, and waits for its report', () => {
  it('gives its pod the grace period once, lets it go when it has ended, and stays until it is let go itself', async () => {
    const { world, key } = await worldWithReportedJob();
    world.deleteByHand('buildjobs');
    await world.settle(key);
    expect(world.server.pods[0]?.metadata).toMatchObject({ deletionGracePeriodSeconds: 60 });
    expect(count(world, 'DELETE pods')).toBe(1);
    world.sweepNodes();
    await world.settle(key);
    expect(world.server.pods).toStrictEqual([]);
    expect(world.server.jobs[0]?.metadata).toMatchObject({ name: 'bk-first', finalizers: [reportEndingFinalizer] });
    expect(await furtherWork(world, key)).toStrictEqual(idle);
    expect(count(world, 'DELETE buildjobs')).toBe(0);
    setFinalizers(world, []);
    expect(world.server.jobs).toStrictEqual([]);
  });

  it('still makes a second BuildJob for the same Buildkite job a duplicate while its pod ends', async () => {
    const { world, key } = await worldWithReportedJob();
    world.deleteByHand('buildjobs');
    await world.settle(key);
    const second = world.addJob({ ttlSecondsAfterFinished: 3600 }, 'bk-second');
    await world.settle(second);
    expect(world.server.jobs.at(-1)?.status).toMatchObject({ phase: 'Failed', reason: 'Duplicate' });
    expect(world.server.podsMade).toHaveLength(1);
  });
});
