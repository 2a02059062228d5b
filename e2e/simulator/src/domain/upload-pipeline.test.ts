import { describe, expect, it } from 'vitest';
import { parsePipelineYaml } from '../pipeline/parse-pipeline.ts';
import { FakeWorld, jobNamed, statesOf } from '../testing/fake-world.ts';
import type { Job } from './records.ts';
import { uploadPipeline } from './upload-pipeline.ts';

const upload = (fake: FakeWorld, job: Job, yaml: string, replace = false) =>
  uploadPipeline(fake.world, job, parsePipelineYaml(yaml), replace);

describe('a pipeline upload', () => {
  it('puts each upload of a job after the one before, ahead of the steps that follow', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: up}, {command: next}]');
    fake.begin(jobNamed(build, 'up'));

    upload(fake, jobNamed(build, 'up'), 'steps: [{command: one}, {group: g, steps: [{command: in}]}]');
    upload(fake, jobNamed(build, 'up'), 'steps: [{command: two}]');

    expect(statesOf(build)).toEqual(['up running', 'one scheduled', 'in scheduled', 'two scheduled', 'next scheduled']);
  });

  it('adds its env to the build', () => {
    const fake = new FakeWorld();
    const build = fake.build('{env: {A: 1}, steps: [{command: up}]}');
    fake.begin(jobNamed(build, 'up'));

    upload(fake, jobNamed(build, 'up'), '{env: {A: 2, B: 3}, steps: [{command: one}]}');

    expect(build.env).toEqual({ A: '2', B: '3' });
  });

  it('makes what depends on the uploading step wait for the uploaded steps too', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: up, key: up}, {command: after, depends_on: up}]');
    fake.begin(jobNamed(build, 'up'));
    upload(fake, jobNamed(build, 'up'), 'steps: [{command: one}, wait, {command: two}]');
    fake.finish(jobNamed(build, 'up'), 0);
    expect(jobNamed(build, 'after').state).toBe('waiting');

    fake.run(jobNamed(build, 'one'), 0);
    fake.run(jobNamed(build, 'two'), 0);

    expect(jobNamed(build, 'after').state).toBe('scheduled');
  });

  it('lets an uploaded step depend on the step that uploads it', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: up, key: up}]');
    fake.begin(jobNamed(build, 'up'));
    upload(fake, jobNamed(build, 'up'), 'steps: [{command: one, depends_on: up}]');
    expect(jobNamed(build, 'one').state).toBe('waiting');

    fake.finish(jobNamed(build, 'up'), 0);

    expect(jobNamed(build, 'one').state).toBe('scheduled');
  });

  it('with replace, takes away the steps after it that no agent has taken', () => {
    const fake = new FakeWorld();
    const build = fake.build(
      'steps: [{command: up}, {command: begun}, {command: idle, key: idle}, {group: g, steps: [{command: in}]}, wait, {command: last}]',
    );
    fake.begin(jobNamed(build, 'begun'));
    fake.begin(jobNamed(build, 'up'));
    const idle = jobNamed(build, 'idle');

    upload(fake, jobNamed(build, 'up'), 'steps: [{command: other, key: idle}]', true);

    expect(statesOf(build)).toEqual(['up running', 'idle scheduled', 'begun running']);
    expect(fake.world.jobs.has(idle.id)).toBe(false);
    expect([...fake.world.openJobs]).toEqual([jobNamed(build, 'idle')]);
  });

  it.each([
    ['a key that is taken', 'steps: [{command: x, key: up}]', 'key "up" is already used'],
    ['an unknown dependency', 'steps: [{command: x, depends_on: nowhere}]', 'no step has the key "nowhere"'],
    ['too many jobs', 'steps: [{command: x, parallelism: 10}]', 'the limit is 5'],
    ['a condition that cannot be read', 'steps: [{command: x, if: "build.colour"}]', 'build.colour'],
  ])('is refused whole for %s', (_name, yaml, problem) => {
    const fake = new FakeWorld({ maxJobsPerBuild: 5 });
    const build = fake.build('steps: [{command: up, key: up}, {command: next}]');
    fake.begin(jobNamed(build, 'up'));

    expect(() => upload(fake, jobNamed(build, 'up'), yaml, true)).toThrow(problem);

    expect(statesOf(build)).toEqual(['up running', 'next scheduled']);
  });
});
