import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeWorld } from '../testing/fake-world.ts';
import { cancelBuild, cancelJob, retryJob, unblockJob } from './intervene.ts';
import { hasEnded, isHeldByAgent } from './job-state.ts';
import { isBuildFinished } from './progress.ts';
import type { Build, Job } from './records.ts';
import { Refusal } from './refusal.ts';
import { currentJobs } from './step-outcome.ts';

const stepText = fc.constantFrom(
  '{command: a}',
  '{command: a, retry: {automatic: {limit: 1}}}',
  '{command: a, soft_fail: true}',
  '{command: a, parallelism: 2}',
  '{command: a, timeout_in_minutes: 1}',
  '{command: a, concurrency: 1, concurrency_group: g}',
  '{command: a, skip: true}',
  '{command: a, if: "false"}',
  '{command: a, depends_on: []}',
  '{command: a, depends_on: anchor}',
  '{group: g, steps: [{command: a}, wait, {command: b}]}',
  'wait',
  '{wait: ~, continue_on_failure: true}',
  '{block: b}',
  '{input: i}',
);
const pipelineText = fc.array(stepText, { maxLength: 6 }).map(steps => `steps: [{command: z, key: anchor}, ${steps.join(', ')}]`);

type Action = 'begin' | 'pass' | 'fail' | 'cancel' | 'cancel-build' | 'retry' | 'unblock' | 'time';
const action = fc.record({
  kind: fc.constantFrom<Action>('begin', 'begin', 'pass', 'fail', 'cancel', 'cancel-build', 'retry', 'unblock', 'time'),
  pick: fc.nat(),
});

function act(fake: FakeWorld, build: Build, kind: Action, pick: number): void {
  const jobs = build.steps.flatMap(step => step.jobs);
  const job = jobs[pick % jobs.length];
  if (job === undefined) return;
  const actions: Readonly<Record<Action, () => void>> = {
    begin: () => void fake.begin(job),
    pass: () => finishIfHeld(fake, job, 0),
    fail: () => finishIfHeld(fake, job, 1),
    cancel: () => cancelJob(fake.world, job),
    'cancel-build': () => cancelBuild(fake.world, build, 'property'),
    retry: () => void retryJob(fake.world, job),
    unblock: () => unblockJob(fake.world, job, {}),
    time: () => fake.pass(20_000),
  };
  try {
    actions[kind]();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

function finishIfHeld(fake: FakeWorld, job: Job, status: number): void {
  if (job.agent !== undefined) fake.finish(job, status);
}

/** Does what is left to do, as willing people and agents would. */
function finishAll(fake: FakeWorld, build: Build): void {
  for (let round = 0; round < 200; round += 1) {
    const open = build.steps.flatMap(currentJobs).filter(({ state }) => !hasEnded(state));
    if (open.length === 0) return;
    for (const job of open) {
      if (job.state === 'blocked') unblockJob(fake.world, job, {});
      if (job.state === 'scheduled') fake.begin(job);
      if (isHeldByAgent(job.state)) fake.finish(job, 0);
    }
  }
}

describe('any build, whatever is done to it', () => {
  it('keeps its books right at every moment, and always comes to an end', () => {
    fc.assert(
      fc.property(pipelineText, fc.array(action, { maxLength: 25 }), (yaml, actions) => {
        const fake = new FakeWorld({ minuteMs: 20_000, lostAgentAfterMs: 50_000 });
        const build = fake.build(yaml);
        for (const { kind, pick } of actions) {
          act(fake, build, kind, pick);
          checkBooks(fake, build);
        }
        finishAll(fake, build);
        checkBooks(fake, build);
        expect(isBuildFinished(build.state)).toBe(true);
        expect(build.steps.flatMap(currentJobs).flatMap(({ label, state }) => (hasEnded(state) ? [] : `${label} ${state}`))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});

function checkBooks(fake: FakeWorld, build: Build): void {
  const jobs = build.steps.flatMap(step => step.jobs);
  for (const job of jobs) {
    expect(job.agent?.job === job).toBe(isHeldByAgent(job.state));
    expect(!hasEnded(job.state) || job.timeline.finishedAt !== undefined).toBe(true);
    expect(job.timeline.startedAt === undefined || job.timeline.acquiredAt !== undefined).toBe(true);
  }
  expect(new Set(fake.world.openJobs)).toEqual(new Set(jobs.filter(({ state }) => state === 'scheduled' || state === 'reserved')));
  const taken = jobs.filter(
    ({ step, state }) => step.definition.type === 'command' && step.definition.concurrency !== undefined && takesPlace(state),
  );
  expect(taken.length).toBeLessThanOrEqual(1);
  expect(isBuildFinished(build.state)).toBe(build.finishedAt !== undefined);
  const heldTwice = [...fake.world.agents.values()].flatMap(({ job }) => job ?? []);
  expect(new Set(heldTwice).size).toBe(heldTwice.length);
}

function takesPlace(state: Job['state']): boolean {
  return state === 'scheduled' || state === 'reserved' || isHeldByAgent(state);
}
