import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeWorld } from '../testing/fake-world.ts';
import { cancelJob } from './intervene.ts';
import { acquireJob } from './job-lifecycle.ts';
import type { Build, Job, Stack } from './records.ts';
import { Refusal } from './refusal.ts';
import { reserveJobs } from './reservations.ts';
import { listScheduledJobs } from './scheduled-jobs.ts';
import { finishByStack } from './stack-finish.ts';
import { registerStack, requireQueue } from './stacks.ts';
import type { World } from './world.ts';

const request = { method: 'TEST', url: '/' } as const;

type Kind = 'reserve' | 'finish' | 'acquire' | 'cancel' | 'time';
const action = fc.record({
  kind: fc.constantFrom<Kind>('reserve', 'reserve', 'finish', 'acquire', 'cancel', 'time'),
  stack: fc.nat({ max: 1 }),
  picks: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 }),
  ms: fc.nat({ max: 2000 }),
});

/** Two stacks on the default queue, and a build of six jobs. */
class Scene {
  readonly fake = new FakeWorld({ lostAgentAfterMs: 1e9, lostStackAfterMs: 1e9 });
  readonly cluster = [...this.fake.world.clusters.values()].slice(0, 1);
  readonly build: Build = this.fake.build('steps: [{command: a, parallelism: 6}]');
  readonly stacks: readonly Stack[] = this.cluster.flatMap(cluster =>
    ['a', 'b'].map(key => registerStack(this.fake.world, cluster, { key, type: 'custom', queueKey: 'default', metadata: {} }).stack),
  );

  get jobs(): readonly Job[] {
    return this.build.steps.flatMap(({ jobs }) => jobs);
  }

  /** Every job of the list, read in pages of two. */
  listed(): string[] {
    const ids: string[] = [];
    const [stack] = this.stacks;
    const [cluster] = this.cluster;
    if (stack === undefined || cluster === undefined) throw new Error('the scene is empty');
    let page = listScheduledJobs(this.fake.world, stack, requireQueue(cluster, 'default'), 2, undefined);
    ids.push(...page.jobs.map(({ id }) => id));
    while (page.hasNextPage) {
      page = listScheduledJobs(this.fake.world, stack, requireQueue(cluster, 'default'), 2, page.end);
      ids.push(...page.jobs.map(({ id }) => id));
    }
    return ids;
  }

  act(kind: Kind, stack: Stack, jobs: readonly Job[], ms: number): void {
    const { world } = this.fake;
    const [first] = jobs;
    if (first === undefined) return;
    const actions: Readonly<Record<Kind, () => void>> = {
      reserve: () => reserve(world, stack, jobs, ms),
      finish: () => finishByStack(world, stack, first, { exitStatus: -1, detail: stack.key }, request),
      acquire: () => void acquireJob(world, this.fake.agent(), first, request),
      cancel: () => cancelJob(world, first),
      time: () => this.fake.pass(ms),
    };
    try {
      actions[kind]();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
}

function reserve(world: World, stack: Stack, jobs: readonly Job[], ms: number): void {
  const ids = jobs.map(({ id }) => id);
  const { reserved, notReserved } = reserveJobs(world, stack, ids, ms + 1, request);
  expect([...reserved, ...notReserved].toSorted()).toEqual([...new Set(ids)].toSorted());
  for (const job of jobs) {
    expect(job.state === 'reserved' && job.reservation?.stackKey === stack.key).toBe(reserved.includes(job.id));
  }
}

describe('reservations, whatever two stacks, agents and time do', () => {
  it('belong to one stack, hide exactly their jobs from the list, and never lose one', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), actions => {
        const scene = new Scene();
        for (const { kind, stack, picks, ms } of actions) {
          const [one] = scene.stacks.slice(stack);
          if (one === undefined) throw new Error('there are two stacks');
          const jobs = picks.flatMap(pick => scene.jobs[pick] ?? []);
          scene.act(kind, one, jobs, ms);

          expect(scene.listed()).toEqual(scene.jobs.filter(({ state }) => state === 'scheduled').map(({ id }) => id));
          for (const job of scene.jobs) {
            expect(job.reservation !== undefined).toBe(job.state === 'reserved');
            expect(job.reservation === undefined || job.reservation.until > scene.fake.world.clock.now()).toBe(true);
            expect(job.stackFinish === undefined || (job.state === 'finished' && job.agent === undefined)).toBe(true);
          }
        }
        scene.fake.pass(10_000);
        expect(scene.jobs.filter(({ state }) => state === 'reserved')).toEqual([]);
      }),
    );
  });
});
