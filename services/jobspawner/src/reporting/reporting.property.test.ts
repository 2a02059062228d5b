import type { Reason } from '@buildkite-operator/crds';
import { isKubeError } from '@buildkite-operator/kube';
import { isStacksApiError, jobStage } from '@buildkite-operator/stacks-api';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { longestStuckMs } from './ending-step.ts';
import { hasEnded } from './reported-job.ts';
import type { CallFault } from './testing/fake-buildkite.ts';
import { reportedJob } from './testing/reported-job.ts';
import { ReportingWorld } from './testing/reporting-world.ts';

interface Run {
  readonly world: ReportingWorld;
  acquired: boolean;
  /** Whether somebody else has ended the job. */
  over: boolean;
}

type Happening = (run: Run) => void | Promise<void>;

const faults: readonly CallFault[] = ['none', 'down', 'answer-lost', 'refused'];

/** A pass of the reporting; its failures are what its loop would try again. */
async function attempt(pass: () => Promise<unknown>): Promise<void> {
  try {
    await pass();
  } catch (thrown) {
    if (!isStacksApiError(thrown) && !isKubeError(thrown)) throw thrown;
  }
}

function end({ world }: Run, reason: Reason): void {
  if (world.job !== undefined && hasEnded(world.job)) return;
  world.change(() => ({ status: { phase: 'Failed', reason, message: 'words', finishedTime: '2026-01-01T00:10:00Z' } }));
}

const happenings: Readonly<Record<string, Happening>> = {
  reconcile: ({ world }) => attempt(() => world.reconcile()),
  poll: ({ world }) => attempt(() => world.poll()),
  sync: ({ world }) => world.sync(),
  restart: ({ world }) => world.restart(),
  timePasses: ({ world }) => {
    world.nowMs += 61_000;
  },
  imagePullFails: run => end(run, 'ImagePull'),
  agentLost: run => end(run, 'AgentLost'),
  deletes: ({ world }) => {
    world.change(job => ({ metadata: { ...job.metadata, deletionTimestamp: '2026-01-01T00:10:00Z' } }));
  },
  acquires: run => {
    const { buildkite } = run.world;
    if (jobStage(buildkite.state) !== 'claimable') return;
    buildkite.state = 'running';
    run.acquired = true;
  },
  agentFinishes: run => {
    if (run.world.buildkite.state === 'running') run.world.buildkite.state = 'finished';
  },
  cancels: run => {
    if (jobStage(run.world.buildkite.state) !== 'claimable') return;
    run.world.buildkite.state = 'canceled';
    run.over = true;
  },
  reservationLapses: ({ world }) => {
    if (world.buildkite.state === 'reserved') world.buildkite.state = 'scheduled';
  },
  writesGetLost: ({ world }) => {
    world.writeLost = !world.writeLost;
  },
};

const happening = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('reconcile', 'sync', 'poll') },
  { weight: 4, arbitrary: fc.constantFrom(...Object.keys(happenings)) },
);
const steps = fc.array(fc.record({ happening, fault: fc.constantFrom(...faults) }), { maxLength: 30 });

it('whatever happens in whatever order: no job is finished twice or while an agent has it, each is in the end, and each BuildJob is let go', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async all => {
      const run: Run = { world: new ReportingWorld(), acquired: false, over: false };
      const { world } = run;
      const { buildkite } = world;
      const wasRefused = all.some(step => step.fault === 'refused');
      for (const { happening, fault } of all) {
        buildkite.fault = fault;
        const stageBefore = jobStage(buildkite.state);
        const finishesBefore = buildkite.finishes;
        await happenings[happening]?.(run);
        const { job, isReleased } = world;
        expect({
          finishedWhatWasNotToBeHad: stageBefore !== 'claimable' && buildkite.finishes !== finishesBefore,
          letGoTooEarly: isReleased && job !== undefined && !hasEnded(job),
          // Other than after refusals that lasted too long for anybody to wait.
          letGoUntold: isReleased && jobStage(buildkite.state) === 'claimable' && !wasRefused,
          stoppedThoughWanted: job?.spec.cancelled === true && !run.acquired && !run.over,
        }).toStrictEqual({ finishedWhatWasNotToBeHad: false, letGoTooEarly: false, letGoUntold: false, stoppedThoughWanted: false });
      }
      buildkite.fault = 'none';
      world.writeLost = false;
      end(run, 'PendingTimeout');
      for (let pass = 0; pass < 3; pass += 1) {
        world.sync();
        await attempt(() => world.reconcile());
      }
      expect(world.isReleased).toBe(true);
      expect(buildkite.blindFinishes).toBe(0);
      const refused = wasRefused && jobStage(buildkite.state) === 'claimable';
      expect(buildkite.finishes).toBe(run.acquired || run.over || refused ? 0 : 1);
    }),
    { numRuns: 300 },
  );
});

it('a BuildJob is let go at last though Buildkite refuses, or does not know the job, or its queue is not served any more', async () => {
  for (const prepare of [
    (world: ReportingWorld) => Object.assign(world.buildkite, { fault: 'refused' }),
    (world: ReportingWorld) => Object.assign(world.buildkite, { state: undefined }),
    (world: ReportingWorld) => Object.assign(world, { served: false }),
  ]) {
    const run: Run = { world: new ReportingWorld(), acquired: false, over: false };
    const { world } = run;
    end(run, 'ImagePull');
    world.sync();
    prepare(world);
    expect(await world.reconcile()).toMatchObject({ kind: 'requeue' });
    world.nowMs += longestStuckMs - 1;
    expect(await world.reconcile()).toMatchObject({ kind: 'requeue' });
    expect(world.isReleased).toBe(false);
    world.nowMs += 1;
    await world.reconcile();
    expect(world.isReleased).toBe(true);
    expect(world.buildkite.finishes).toBe(0);
  }
});

it('nothing is lost while Buildkite is away for an hour', async () => {
  const run: Run = { world: new ReportingWorld(), acquired: false, over: false };
  const { world } = run;
  world.buildkite.fault = 'down';
  end(run, 'ImagePull');
  world.sync();
  for (let minute = 0; minute < 60; minute += 1) {
    await expect(world.reconcile()).rejects.toMatchObject({ code: 'Unreachable' });
    world.nowMs += 60_000;
  }
  expect(world.isReleased).toBe(false);
  world.buildkite.fault = 'none';
  await world.reconcile();
  expect(world.buildkite.details).toStrictEqual([expect.stringMatching(/^-1 ImagePull: words/)]);
  expect(world.isReleased).toBe(true);
});

it('a job that another BuildJob may still run is left to that one', async () => {
  const run: Run = { world: new ReportingWorld(), acquired: false, over: false };
  const { world } = run;
  end(run, 'Duplicate');
  world.sync();
  const other = reportedJob({}, { name: 'by-hand', uid: 'other', finalizers: [] });
  world.addOther({ ...other, status: { phase: 'Initializing' } });
  expect(await world.reconcile()).toMatchObject({ kind: 'requeue' });
  expect(world.buildkite.finishes).toBe(0);
  world.addOther({ ...other, status: { phase: 'Failed' }, metadata: { ...other.metadata, resourceVersion: '2' } });
  await world.reconcile();
  expect(world.buildkite.finishes).toBe(1);
});

/** A job whose agent has it, and whose container was just killed for its memory. */
function outOfMemory(): ReportingWorld {
  const world = new ReportingWorld();
  world.buildkite.state = 'running';
  const at = new Date(world.nowMs).toISOString();
  world.change(() => ({ status: { phase: 'Failed', reason: 'OOMKilled', message: 'words', runningTime: at, finishedTime: at } }));
  world.sync();
  return world;
}

it('what befell a job is on its page before its BuildJob is let go', async () => {
  const world = outOfMemory();
  for (let pass = 0; pass < 2; pass += 1) expect(await world.reconcile()).toMatchObject({ kind: 'requeue' });
  expect(world.isReleased).toBe(false);
  await world.sendNotices();
  await world.reconcile();
  expect(world.isReleased).toBe(true);
  expect(world.buildkite.lines).toStrictEqual(['Out of memory: words']);
});

it('a BuildJob is let go though the line about what befell its job cannot be sent', async () => {
  const world = outOfMemory();
  await world.reconcile();
  world.buildkite.fault = 'down';
  await world.sendNotices();
  world.buildkite.fault = 'none';
  world.nowMs += 15_000;
  await world.reconcile();
  expect(world.isReleased).toBe(true);
});
