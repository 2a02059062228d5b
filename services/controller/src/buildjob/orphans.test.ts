import type { Live, Pod } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';
import { ownerName } from './orphans.ts';
import { ControllerWorld } from './testing/controller-world.ts';
import { ended, kubeletPod, type PodFacts, running } from './testing/kubelet-pod.ts';

const key = 'jobs/bk-job';
const allRun = { agent: running(), checkout: running(), 'container-0': running() };
const done = { phase: 'Succeeded', containers: { agent: ended(0), checkout: ended(0), 'container-0': ended(0) } } as const;

/** A pod whose BuildJob is gone. */
function orphan(facts: PodFacts, more: Partial<Live<Pod>['metadata']> = {}): Live<Pod> {
  const pod = kubeletPod(facts);
  const ownerReferences = (pod.metadata.ownerReferences ?? []).map(owner => ({ ...owner, name: 'bk-job', uid: 'gone' }));
  return { ...pod, metadata: { ...pod.metadata, ownerReferences, ...more } };
}

async function reaped(...pods: readonly Live<Pod>[]) {
  const world = new ControllerWorld();
  for (const pod of pods) world.server.put('pods', pod);
  world.sync();
  const result = await world.reconcile(key);
  return { world, result };
}

describe('the pod of a BuildJob that is gone', () => {
  it('is asked to end, with its own grace, so that its agent tells Buildkite', async () => {
    const { world, result } = await reaped(orphan({ containers: allRun }));
    expect(world.server.calls).toStrictEqual(['GET buildjobs', 'DELETE pods']);
    expect(world.server.pods[0]?.metadata).toMatchObject({
      deletionGracePeriodSeconds: 60,
      finalizers: ['buildkite-operator.io/record-ending'],
    });
    expect(result).toStrictEqual({ kind: 'done' });
  });

  it('is let go once it has ended', async () => {
    const { world } = await reaped(orphan(done));
    expect(world.server.calls).toStrictEqual(['GET buildjobs', 'PATCH pods', 'DELETE pods']);
    expect(world.server.pods).toStrictEqual([]);
  });

  it('is waited for while it ends, until its node counts as lost; then it is taken away by force', async () => {
    const { world, result } = await reaped(orphan({ containers: allRun, deletedAt: 30 }));
    expect(world.server.calls).toStrictEqual(['GET buildjobs']);
    expect(result).toStrictEqual({ kind: 'requeue', afterMs: 90_000 });
    world.wait(90);
    await world.reconcile(key);
    expect(world.server.pods).toStrictEqual([]);
  });

  it('is looked at again soon where its agent has ended and its command may be reported late', async () => {
    const { result } = await reaped(orphan({ containers: { ...allRun, agent: ended(1, { finishedAt: 0 }) }, deletedAt: 30 }));
    expect(result).toStrictEqual({ kind: 'requeue', afterMs: 5000 });
  });

  it('stays where the cache is wrong and the BuildJob is still there', async () => {
    const world = new ControllerWorld();
    world.addJob();
    const { metadata } = world.server.jobs[0] ?? {};
    const ownerReferences = [{ apiVersion: 'v', kind: 'BuildJob', name: 'bk-job', uid: metadata?.uid ?? '', controller: true }];
    world.server.put('pods', orphan({ containers: allRun }, { ownerReferences }));
    world.sync({ jobs: false });
    await world.reconcile(key);
    expect(world.server.calls).toStrictEqual(['GET buildjobs']);
    expect(world.server.pods[0]?.metadata).not.toHaveProperty('deletionTimestamp');
  });

  it('goes where another BuildJob has the name by now', async () => {
    const world = new ControllerWorld();
    world.addJob();
    world.server.put('pods', orphan(done));
    world.sync({ jobs: false });
    await world.reconcile(key);
    expect(world.server.pods).toStrictEqual([]);
  });

  it('goes where its BuildJob is being deleted', async () => {
    const world = new ControllerWorld();
    world.addJob();
    for (const job of world.server.jobs)
      world.server.put('buildjobs', {
        ...job,
        metadata: { ...job.metadata, deletionTimestamp: job.metadata.creationTimestamp, finalizers: ['foregroundDeletion'] },
      });
    const uid = world.server.jobs[0]?.metadata.uid ?? '';
    const ownerReferences = [{ apiVersion: 'v', kind: 'BuildJob', name: 'bk-job', uid, controller: true }];
    world.server.put('pods', orphan(done, { ownerReferences }));
    world.sync();
    await world.reconcile(key);
    expect(world.server.pods).toStrictEqual([]);
  });

  it('costs no call where there is none', async () => {
    const { world, result } = await reaped();
    expect({ calls: world.server.calls, result }).toStrictEqual({ calls: [], result: { kind: 'done' } });
  });

  it('that another has taken the name of is left to that one', async () => {
    const world = new ControllerWorld();
    world.server.put('pods', orphan({ containers: allRun }));
    world.sync();
    world.server.put('pods', orphan({ containers: allRun }, { uid: 'other' }));
    expect(await world.reconcile(key)).toStrictEqual({ kind: 'done' });
    expect(world.server.pods[0]?.metadata).not.toHaveProperty('deletionTimestamp');
  });
});

describe('the owner of a pod', () => {
  it.each<[string, Live<Pod>, string[]]>([
    ['is its BuildJob', kubeletPod(), ['jobs/bk-0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b']],
    [
      'is none of ours',
      orphan({}, { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'x', uid: 'y', controller: true }] }),
      [],
    ],
    ['is nobody', orphan({}, { ownerReferences: [] }), []],
  ])('%s', (_title, pod, keys) => {
    expect(ownerName(pod)).toStrictEqual(keys);
  });
});
