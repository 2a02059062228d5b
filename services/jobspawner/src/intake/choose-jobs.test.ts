import { describe, expect, it } from 'vitest';
import { type Candidate, chooseJobs } from './choose-jobs.ts';
import { placeLimits } from './places.ts';

const job = (jobId: string, pipeline: string, scheduledAtMs: number, priority = 0): Candidate => ({
  jobId,
  queue: 'q',
  pipeline,
  priority,
  scheduledAtMs,
});

const many = (pipeline: string, count: number, from: number) =>
  Array.from({ length: count }, (_, index) => job(`${pipeline}${index}`, pipeline, from + index));

const limits = (inAll: number) => ({ inAll, ofQueue: () => Number.POSITIVE_INFINITY, ofPipeline: () => Number.POSITIVE_INFINITY });
const ids = (jobs: readonly Candidate[]) => jobs.map(({ jobId }) => jobId);

describe('the jobs that start next', () => {
  it('a job of higher priority goes before 3000 that are older', () => {
    expect(ids(chooseJobs([...many('web', 3000, 0), job('urgent', 'web', 9999, 1)], [], limits(1)))).toEqual(['urgent']);
  });

  it('a pipeline with three jobs gets its places beside one with a thousand', () => {
    expect(ids(chooseJobs([...many('web', 1000, 0), ...many('api', 3, 5000)], [], limits(6)))).toEqual([
      'web0',
      'api0',
      'web1',
      'api1',
      'web2',
      'api2',
    ]);
  });

  it('who has places already comes after who has none', () => {
    const running = many('web', 3, 0);
    expect(
      ids(
        chooseJobs([...many('web', 5, 10).map(one => ({ ...one, jobId: `w-${one.jobId}` })), ...many('api', 5, 100)], running, limits(6)),
      ),
    ).toEqual(['api0', 'api1', 'api2']);
  });
});

describe('the limit of a pipeline', () => {
  const config = (pipelineLimits: Record<string, number>, maxJobsPerPipeline?: number) =>
    placeLimits({
      job_spawner_config: { maxJobs: 10, maxJobsPerQueue: { gpu: 2 }, pipelineLimits, maxJobsPerPipeline },
    } as unknown as Parameters<typeof placeLimits>[0]);

  it.each([
    ['team-web', 5],
    ['team-web-docs', 1],
    ['team-api', 3],
    ['other', 7],
  ])('of %s is %i: its name goes before every pattern, a longer pattern before a shorter one', (slug, limit) => {
    expect(config({ 'team-*': 3, 'team-web*': 1, 'team-web': 5 }, 7).ofPipeline(slug)).toBe(limit);
  });

  it('is none where nothing says so', () => {
    expect(config({}).ofPipeline('any')).toBe(Number.POSITIVE_INFINITY);
    expect(config({}).ofQueue('any')).toBe(Number.POSITIVE_INFINITY);
    expect(config({}).ofQueue('gpu')).toBe(2);
  });
});
