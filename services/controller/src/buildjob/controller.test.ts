import { type BuildJobStatus, isFinal, phases } from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ControllerWorld } from './testing/controller-world.ts';
import type { Fault } from './testing/fake-api-server.ts';
import { kubeletPod, waiting } from './testing/kubelet-pod.ts';
import type { Life } from './testing/life.ts';
import { lives } from './testing/lives.ts';

// A property takes a second or two; on a busy machine, more.
vi.setConfig({ testTimeout: 60_000 });

/** Lives a life to its end, with these calls failing, and tells what came of it. */
async function live({ happen }: Life, faults: ReadonlyMap<number, Fault> = new Map()) {
  const world = new ControllerWorld();
  for (const [call, fault] of faults) world.server.faults.set(call, fault);
  const key = await happen(world);
  for (let round = 0; round < 3; round += 1) {
    await world.settle(key);
    world.sweepNodes();
  }
  await world.settle(key);
  const history = [...world.server.statuses.values()].flat();
  return {
    server: world.server,
    history,
    outcome: { status: history.at(-1), pods: world.server.podsMade, left: [...world.server.jobs, ...world.server.pods] },
  };
}

/** The history of each pod: a phase is taken back only where a pod is given up. */
function spans(history: readonly (BuildJobStatus | undefined)[]): (BuildJobStatus | undefined)[][] {
  return [...Map.groupBy(history, status => status?.replacedPodUid).values()];
}

const order = ({ phase = 'Pending' }: BuildJobStatus = {}) => (isFinal(phase) ? phases.length : phases.indexOf(phase));

describe('a job that', () => {
  it.each(lives)('$title, and leaves nothing behind', async life => {
    const { outcome, history } = await live(life);
    expect({ pods: outcome.pods.length, left: outcome.left }).toStrictEqual({ pods: life.pods, left: [] });
    const { phase, reason, exitCode } = isFinal(outcome.status?.phase) ? (outcome.status ?? {}) : {};
    expect({ phase, reason, exitCode }).toEqual(life.ends ?? {});
    for (const ranks of spans(history).map(span => span.map(order))) expect(ranks).toStrictEqual(ranks.toSorted((a, b) => a - b));
  });
});

describe('whichever call to the API server fails, before or after the act:', () => {
  it.each(lives)('a job that $title does so all the same, with as many pods', async life => {
    const plain = await live(life);
    for (const fault of ['refused', 'lost'] as const) {
      for (const call of plain.server.calls.keys()) {
        const { outcome } = await live(life, new Map([[call, fault]]));
        expect(outcome, `call ${call} (${plain.server.calls[call]}) ${fault}`).toStrictEqual(plain.outcome);
      }
    }
  });

  it('so it is when many fail', async () => {
    const faults = fc.array(fc.tuple(fc.nat(40), fc.constantFrom('refused' as const, 'lost' as const)), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...lives), faults, async (life, failing) => {
        const plain = await live(life);
        expect((await live(life, new Map(failing))).outcome).toStrictEqual(plain.outcome);
      }),
      { numRuns: 300 },
    );
  });
});

describe('on caches that are old,', () => {
  it('no pod is made for a job that had one, however much its cached state asks for it', async () => {
    // Given: a replica that saw the job wait for its pod, and nothing since.
    const world = new ControllerWorld(3600);
    const key = world.addJob();
    world.sync();
    world.server.faults.set(1, 'refused');
    await world.reconcile(key);
    world.sync({ replica: 1 });
    expect(world.server.calls).toStrictEqual(['PATCH buildjobs/status', 'POST pods']);
    // When: the job runs to its end, its pod goes, and that replica leads.
    await world.settle(key);
    world.endPods(0);
    await world.settle(key);
    world.deleteByHand('pods');
    expect(world.server.pods).toStrictEqual([]);
    world.failOver();
    const result = await world.reconcile(key);
    // Then: it notices.
    expect(result).toMatchObject({ code: 'Conflict' });
    expect(world.server.podsMade).toHaveLength(1);
  });

  it('a pod that only the cache does not know is not taken for gone', async () => {
    const world = new ControllerWorld();
    const key = world.addJob();
    await world.settle(key);
    world.runPods();
    world.failOver();
    world.sync({ pods: false });
    await world.reconcile(key);
    expect(world.server.jobs[0]?.status).toMatchObject({ phase: 'Running' });
  });

  it('a pod that the cache does not know yet is not made again, and not taken for a duplicate', async () => {
    const world = new ControllerWorld();
    const key = world.addJob();
    for (let pass = 0; pass < 3; pass += 1) {
      world.sync({ pods: false });
      await world.reconcile(key);
    }
    expect(world.server.podsMade).toHaveLength(1);
    expect(world.server.jobs[0]?.status).toMatchObject({ phase: 'Pending' });
  });

  it("the pod of a later BuildJob is not deleted for an earlier one's", async () => {
    const world = new ControllerWorld();
    const key = world.addJob();
    await world.settle(key);
    world.runPods();
    world.changeJob({ cancelled: true });
    world.sync();
    for (const pod of world.server.pods) world.server.put('pods', { ...pod, metadata: { ...pod.metadata, uid: 'later' } });
    await world.reconcile(key);
    expect(world.server.calls.at(-1)).toBe('DELETE pods');
    expect(world.server.pods[0]?.metadata).not.toHaveProperty('deletionTimestamp');
  });

  it('a finalizer of somebody else is not taken off with ours', async () => {
    const world = new ControllerWorld(3600);
    const key = world.addJob();
    await world.settle(key);
    world.endPods(0);
    world.sync();
    await world.reconcile(key);
    world.sync();
    const finalizers = ['buildkite-operator.io/record-ending', 'example.com/keep'];
    for (const pod of world.server.pods) world.server.put('pods', { ...pod, metadata: { ...pod.metadata, finalizers } });
    expect(await world.reconcile(key)).toMatchObject({ code: 'Conflict' });
    await world.settle(key);
    expect(world.server.pods[0]?.metadata.finalizers).toStrictEqual(['example.com/keep']);
  });
});

describe('two BuildJobs for one Buildkite job', () => {
  it.each([
    ['when the second sees the pod of the first', true],
    ['when it only meets it at the API server', false],
  ])('run it once: the second fails as a duplicate, %s', async (_title, pods) => {
    const world = new ControllerWorld(3600);
    const first = world.addJob({}, 'bk-first');
    await world.settle(first);
    world.failOver();
    const second = world.addJob({}, 'bk-second');
    world.sync({ pods });
    await world.reconcile(second);
    world.sync();
    await world.reconcile(second);
    const [one, two] = world.server.jobs;
    expect(one?.status?.phase).toBe('Scheduling');
    expect(two?.status).toMatchObject({
      phase: 'Failed',
      reason: 'Duplicate',
      message: expect.stringContaining('BuildJob bk-first already runs'),
    });
    expect(world.server.pods).toHaveLength(1);
    expect(world.server.pods[0]?.metadata).not.toHaveProperty('deletionTimestamp');
  });
});

describe('a BuildJob with the name of an earlier one', () => {
  it("waits until the earlier one's pod has gone, then gets its own", async () => {
    const world = new ControllerWorld();
    const key = world.addJob();
    await world.settle(key);
    world.runPods();
    world.deleteByHand('buildjobs');
    world.addJob();
    world.sync();
    expect(await world.reconcile(key)).toStrictEqual({ kind: 'requeue', afterMs: 1000 });
    expect(world.server.podsMade).toHaveLength(1);
    world.sweepNodes();
    await world.settle(key);
    expect(world.server.podsMade).toHaveLength(2);
    expect(world.server.jobs[0]?.status).toMatchObject({ phase: 'Scheduling', podUid: 'pod-uid-2' });
  });
});

describe('what is told', () => {
  it('is an Event for each phase and reason, a warning where a person may have to do something', async () => {
    const world = new ControllerWorld(3600);
    const key = world.addJob({ resources: { limits: { memory: '64Mi' } } });
    await world.settle(key);
    world.report({ phase: 'Pending', containers: { 'container-0': waiting('ErrImagePull', 'not found') } });
    await world.settle(key);
    world.runPods();
    await world.settle(key);
    world.endPods(42);
    await world.settle(key);
    expect(world.server.events.map(({ type, reason, note }) => [type, reason, note])).toStrictEqual([
      ['Normal', 'Pending', 'the job is Pending'],
      ['Normal', 'Scheduling', 'the job is Scheduling'],
      ['Warning', 'ImagePull', expect.stringContaining('ErrImagePull: not found')],
      ['Normal', 'Running', 'the job is Running'],
      ['Warning', 'ExitCode', expect.stringContaining('exit code 42')],
    ]);
  });

  /** A job that runs, whose pod has ended without anybody having looked at it since. */
  async function unseenEnd(ttlSecondsAfterFinished: number) {
    const world = new ControllerWorld(ttlSecondsAfterFinished);
    const key = world.addJob();
    await world.settle(key);
    world.runPods();
    await world.settle(key);
    world.endPods(42);
    world.sync();
    return { world, key, ends: () => world.server.events.filter(({ reason }) => reason === 'ExitCode').length };
  }

  it('is an end once, though the answer to the writing of the status was lost', async () => {
    const { world, key, ends } = await unseenEnd(0);
    world.server.faults.set(world.server.calls.length, 'lost');
    expect(await world.reconcile(key)).toMatchObject({ code: 'Timeout' });
    expect([world.server.jobs[0]?.status?.reason, ends()]).toEqual(['ExitCode', 0]);
    await world.settle(key);
    expect([world.server.jobs, ends()]).toEqual([[], 1]);
  });

  it.each([
    { ttl: 0, later: 20, told: 1 },
    { ttl: 3600, later: 20, told: 1 },
    { ttl: 3600, later: 130, told: 0 },
  ])(
    'is an end $told times, where its leader was killed before it told and the next one comes $later s later, with TTL $ttl s',
    async ({ ttl, later, told }) => {
      const { world, key, ends } = await unseenEnd(ttl);
      world.holdsEvents = true;
      await world.settle(key);
      world.failOver();
      world.holdsEvents = false;
      world.wait(later);
      await world.settle(key);
      expect(ends()).toBe(told);
    },
  );

  it('is an end once, though the next leader tells of it again', async () => {
    const { world, key, ends } = await unseenEnd(3600);
    await world.settle(key);
    world.failOver();
    await world.settle(key);
    expect(ends()).toBe(1);
  });

  it('holds up the removal of a job for a while, not for ever', async () => {
    const { world, key } = await unseenEnd(0);
    world.holdsEvents = true;
    await world.settle(key);
    expect(await world.reconcile(key)).toStrictEqual({ kind: 'requeue', afterMs: 250 });
    world.wait(14);
    await world.settle(key);
    expect(world.server.jobs).toHaveLength(1);
    world.wait(1);
    await world.settle(key);
    expect(world.server.jobs).toEqual([]);
  });
});

describe('what makes a job be looked at', () => {
  const keysOf = (world: ControllerWorld, change: () => void): Set<string> => {
    const keys = new Set<string>();
    const stops = world.sources().map(source =>
      source.subscribe(
        key => keys.add(key),
        error => expect.unreachable(String(error)),
      ),
    );
    keys.clear();
    change();
    for (const stop of stops) stop();
    return keys;
  };

  it('is a change of itself', () => {
    const world = new ControllerWorld();
    expect(keysOf(world, () => (world.addJob(), world.sync()))).toStrictEqual(new Set(['jobs/bk-job']));
  });

  it('is a change of its pod, and of no other', async () => {
    const world = new ControllerWorld();
    await world.settle(world.addJob());
    const stray = kubeletPod();
    const changed = keysOf(world, () => {
      world.runPods();
      world.server.put('pods', { ...stray, metadata: { ...stray.metadata, name: 'stray', ownerReferences: [] } });
      world.sync();
    });
    expect(changed).toStrictEqual(new Set(['jobs/bk-job']));
  });

  it('is an environment, where it waits for one', async () => {
    const world = new ControllerWorld();
    await world.settle(world.addJob({ environment: 'node' }));
    await world.settle(world.addJob({ buildkite: { jobId: '0197a1b2-c3d4-4e5f-8a9b-000000000000' } }, 'other'));
    expect(keysOf(world, () => world.addEnvironment('node'))).toStrictEqual(new Set(['jobs/bk-job']));
  });
});
