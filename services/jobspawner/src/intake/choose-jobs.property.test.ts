import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, chooseJobs } from './choose-jobs.ts';
import { type PlaceHolder, type PlaceLimits, PlacesInUse } from './places.ts';

const queue = fc.constantFrom('a', 'b');
const pipeline = fc.constantFrom('web', 'api', 'ml', 'docs');
const holder = fc.record({ jobId: fc.uuid(), queue, pipeline });
const candidate: fc.Arbitrary<Candidate> = fc.record({
  jobId: fc.uuid(),
  queue,
  pipeline,
  priority: fc.integer({ min: -2, max: 2 }),
  scheduledAtMs: fc.integer({ min: 0, max: 20 }),
});
const limitOf = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(Number.POSITIVE_INFINITY));
const situation = fc.record({
  candidates: fc.uniqueArray(candidate, { maxLength: 30, selector: ({ jobId }) => jobId }),
  holders: fc.array(holder, { maxLength: 10 }),
  inAll: fc.integer({ min: 0, max: 20 }),
  queues: fc.record({ a: limitOf, b: limitOf }),
  pipelines: fc.record({ web: limitOf, api: limitOf, ml: limitOf, docs: limitOf }),
});

type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

const limitsOf = ({ inAll, queues, pipelines }: Situation): PlaceLimits => ({
  inAll,
  ofQueue: key => queues[key as keyof typeof queues],
  ofPipeline: slug => pipelines[slug as keyof typeof pipelines],
});

/** What was chosen, what was left, and the places as they are then. */
function choose(given: Situation) {
  const chosen = chooseJobs(given.candidates, given.holders, limitsOf(given));
  const left = given.candidates.filter(job => !chosen.includes(job));
  return { chosen, left, after: new PlacesInUse([...given.holders, ...chosen]), limits: limitsOf(given) };
}

const always = (check: (given: Situation) => void) => fc.assert(fc.property(situation, check), { numRuns: 1000 });

/** Whether the limits of its queue and pipeline leave room for one more. */
const fits = ({ queue: key, pipeline: slug }: PlaceHolder, inUse: PlacesInUse, limits: PlaceLimits) =>
  inUse.ofQueue(key) < limits.ofQueue(key) && inUse.ofPipeline(slug) < limits.ofPipeline(slug);

describe('whatever waits and runs,', () => {
  it('no more start than there are places for, of the operator, a queue or a pipeline', () => {
    always(given => {
      const { chosen, after, limits } = choose(given);
      expect(new Set(chosen).size).toBe(chosen.length);
      const overfull = chosen.filter(
        job =>
          after.inAll > limits.inAll ||
          after.ofQueue(job.queue) > limits.ofQueue(job.queue) ||
          after.ofPipeline(job.pipeline) > limits.ofPipeline(job.pipeline),
      );
      expect(overfull).toEqual([]);
    });
  });

  it('no place stays empty that a waiting job could have', () => {
    always(given => {
      const { left, after, limits } = choose(given);
      expect(left.filter(job => after.inAll < limits.inAll && fits(job, after, limits))).toEqual([]);
    });
  });

  it('no job waits for one of lower priority, unless its own queue or pipeline is full', () => {
    always(given => {
      const { chosen, left, limits } = choose(given);
      const passedOver = left.filter(waiting => {
        const higher = chosen.filter(({ priority }) => priority >= waiting.priority);
        return higher.length < chosen.length && fits(waiting, new PlacesInUse([...given.holders, ...higher]), limits);
      });
      expect(passedOver).toEqual([]);
    });
  });

  it('in a pipeline and queue the oldest of a priority go first', () => {
    always(given => {
      const { chosen, left } = choose(given);
      const sameLine = (a: Candidate, b: Candidate) => a.queue === b.queue && a.pipeline === b.pipeline && a.priority === b.priority;
      const overtaken = left.filter(waiting => chosen.some(job => sameLine(job, waiting) && job.scheduledAtMs > waiting.scheduledAtMs));
      expect(overtaken).toEqual([]);
    });
  });

  it('a pipeline with jobs waiting has at most one place less than another that was given one at the same priority', () => {
    always(given => {
      const { chosen, left, after, limits } = choose(given);
      const shortChanged = left.filter(
        waiting =>
          fits(waiting, after, limits) &&
          chosen.some(
            ({ priority, pipeline: slug }) =>
              priority === waiting.priority && slug !== waiting.pipeline && after.ofPipeline(slug) > after.ofPipeline(waiting.pipeline) + 1,
          ),
      );
      expect(shortChanged).toEqual([]);
    });
  });

  it('the order of the list changes nothing', () => {
    fc.assert(
      fc.property(situation, fc.func(fc.nat()), (given, weight) => {
        const shuffled = given.candidates.toSorted((a, b) => weight(a.jobId) - weight(b.jobId));
        expect(chooseJobs(shuffled, given.holders, limitsOf(given))).toEqual(choose(given).chosen);
      }),
    );
  });
});
