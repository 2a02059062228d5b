import { describe, expect, it } from 'vitest';
import { FakeWorld, jobNamed, statesOf } from '../testing/fake-world.ts';
import { cancelBuild, cancelJob, retryJob, unblockJob } from './intervene.ts';

describe('the course of a build', () => {
  it('lets steps side by side run at once and passes when all have passed', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a}, {command: b}]');
    expect(statesOf(build)).toEqual(['a scheduled', 'b scheduled']);
    expect(build.state).toBe('scheduled');

    fake.run(jobNamed(build, 'a'), 0);
    expect(build.state).toBe('running');
    fake.run(jobNamed(build, 'b'), 0);

    expect(build.state).toBe('passed');
    expect(build.finishedAt).toBeDefined();
  });

  it('holds steps behind a wait until all before it have passed', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a}, {command: b}, wait, {command: c}]');
    expect(statesOf(build)).toEqual(['a scheduled', 'b scheduled', 'waiter waiting', 'c waiting']);

    fake.run(jobNamed(build, 'a'), 0);
    expect(jobNamed(build, 'c').state).toBe('waiting');
    fake.run(jobNamed(build, 'b'), 0);

    expect(statesOf(build).slice(2)).toEqual(['waiter finished', 'c scheduled']);
  });

  it('gives up what waits for a failure, and takes it up again when the failure is retried', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a}, wait, {command: c}, {block: go on?}]');

    fake.run(jobNamed(build, 'a'), 1);
    expect(statesOf(build)).toEqual(['a finished', 'waiter waiting_failed', 'c waiting_failed', 'go on? blocked_failed']);
    expect(build.state).toBe('failed');

    const retry = retryJob(fake.world, jobNamed(build, 'a'));
    expect(statesOf(build)).toEqual(['a finished', 'a scheduled', 'waiter waiting', 'c waiting', 'go on? waiting']);
    expect(build.finishedAt).toBeUndefined();
    fake.run(retry, 0);
    expect(jobNamed(build, 'c').state).toBe('scheduled');
  });

  it.each([
    ['a wait with continue_on_failure', '{wait: ~, continue_on_failure: true}'],
    ['a wait with allow_dependency_failure', '{wait: ~, allow_dependency_failure: true}'],
  ])('goes on after a failure behind %s, and still fails', (_name, wait) => {
    const fake = new FakeWorld();
    const build = fake.build(`steps: [{command: a}, ${wait}, {command: c}]`);

    fake.run(jobNamed(build, 'a'), 1);
    expect(build.state).toBe('failing');
    fake.run(jobNamed(build, 'c'), 0);

    expect(build.state).toBe('failed');
  });

  it.each([
    ['soft_fail: true', 7, 'passed'],
    ['soft_fail: [{exit_status: 7}]', 7, 'passed'],
    ['soft_fail: [{exit_status: "*"}]', 7, 'passed'],
    ['soft_fail: [{exit_status: 8}]', 7, 'failed'],
  ])('with %s and exit status %i the build has %s', (softFail, status, state) => {
    const fake = new FakeWorld();
    const build = fake.build(`steps: [{command: a, ${softFail}}, wait, {command: b, if: "build.branch == 'other'"}]`);

    fake.run(jobNamed(build, 'a'), status);

    expect(build.state).toBe(state);
  });

  it('runs a step with depends_on as soon as those steps are done, whatever waits stand between', () => {
    const fake = new FakeWorld();
    const build = fake.build(`
      steps:
        - {command: slow}
        - {command: quick, key: quick}
        - wait
        - {command: next, depends_on: quick}
        - {command: free, depends_on: []}
        - {command: last}
    `);
    expect(jobNamed(build, 'free').state).toBe('scheduled');

    fake.run(jobNamed(build, 'quick'), 0);

    expect(jobNamed(build, 'next').state).toBe('scheduled');
    expect(jobNamed(build, 'last').state).toBe('waiting');
  });

  it.each([
    ['depends_on: a', 'waiting_failed'],
    ['depends_on: [{step: a, allow_failure: true}]', 'scheduled'],
    ['depends_on: [a], allow_dependency_failure: true', 'scheduled'],
  ])('after the failure of a, a step with %s is %s', (dependency, state) => {
    const fake = new FakeWorld();
    const build = fake.build(`steps: [{command: a, key: a}, {command: b, ${dependency}}]`);

    fake.run(jobNamed(build, 'a'), 1);

    expect(jobNamed(build, 'b').state).toBe(state);
  });

  it('takes a group as one: it waits for its own dependencies, and others for all its children', () => {
    const fake = new FakeWorld();
    const build = fake.build(`
      steps:
        - {command: first, key: first}
        - group: tests
          key: tests
          depends_on: first
          steps: [{command: one}, wait, {command: two}]
        - {command: after, depends_on: tests}
        - {command: beside}
    `);
    expect(statesOf(build)).toEqual([
      'first scheduled',
      'one waiting',
      'waiter waiting',
      'two waiting',
      'after waiting',
      'beside scheduled',
    ]);

    for (const name of ['first', 'one', 'two']) {
      expect(jobNamed(build, name).state).toBe('scheduled');
      expect(jobNamed(build, 'after').state).toBe('waiting');
      fake.run(jobNamed(build, name), 0);
    }

    expect(jobNamed(build, 'after').state).toBe('scheduled');
  });

  it('stops at a block step until it is unblocked; its fields become meta-data', () => {
    const fake = new FakeWorld();
    const build = fake.build(
      'steps: [{command: a}, {block: deploy?, fields: [{text: Where, key: where}, {text: Why, key: why, default: because}]}, {command: b}]',
    );
    fake.run(jobNamed(build, 'a'), 0);
    expect(build.state).toBe('blocked');
    expect(() => unblockJob(fake.world, jobNamed(build, 'deploy?'), {})).toThrow('field "where" is required');

    unblockJob(fake.world, jobNamed(build, 'deploy?'), { where: 'here' });

    expect(Object.fromEntries(build.metaData)).toEqual({ where: 'here', why: 'because' });
    expect(statesOf(build)).toEqual(['a finished', 'deploy? unblocked', 'b scheduled']);
  });

  it('lets steps after an input step run at once, but waits for the input to pass', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{input: who?}, {command: b}]');
    expect(statesOf(build)).toEqual(['who? blocked', 'b scheduled']);
    fake.run(jobNamed(build, 'b'), 0);
    expect(build.state).toBe('blocked');

    unblockJob(fake.world, jobNamed(build, 'who?'), {});

    expect(build.state).toBe('passed');
  });

  it('leaves out steps by if and branches, and skips those that say so', () => {
    const fake = new FakeWorld();
    const build = fake.build(
      'steps: [{command: a, if: build.branch == "x"}, {command: b, branches: "!main"}, {command: c, skip: not now}, {command: d, branches: "ma*"}, wait, {command: e}]',
      { branch: 'main' },
    );

    expect(statesOf(build)).toEqual(['a broken', 'b broken', 'c skipped', 'd scheduled', 'waiter waiting', 'e waiting']);
    fake.run(jobNamed(build, 'd'), 0);
    fake.run(jobNamed(build, 'e'), 0);
    expect(build.state).toBe('passed');
  });

  it('lets only as many jobs of a concurrency group begin as there are places, across builds', () => {
    const fake = new FakeWorld();
    const yaml = 'steps: [{command: a, concurrency: 1, concurrency_group: g}]';
    const [first, second, third] = [fake.build(yaml), fake.build(yaml), fake.build(yaml)];
    expect([first, second, third].map(build => jobNamed(build, 'a').state)).toEqual(['scheduled', 'limited', 'limited']);

    fake.run(jobNamed(first, 'a'), 1);
    expect([second, third].map(build => jobNamed(build, 'a').state)).toEqual(['scheduled', 'limited']);

    cancelJob(fake.world, jobNamed(second, 'a'));
    expect(jobNamed(third, 'a').state).toBe('scheduled');
  });

  it('gives up jobs that wait for each other in a circle', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a, key: a, depends_on: b}, {command: b, key: b, depends_on: a}]');

    expect(build.state).toBe('failed');
    expect(statesOf(build)).toEqual(['a waiting_failed', 'b waiting_failed']);
  });

  it('makes a retry by hand only where the step allows it', () => {
    const fake = new FakeWorld();
    const build = fake.build(`
      steps:
        - {command: no, retry: {manual: {allowed: false, reason: it deploys}}}
        - {command: once, retry: {manual: {permit_on_passed: false}}}
        - {command: yes}
    `);
    for (const name of ['no', 'once', 'yes']) fake.run(jobNamed(build, name), 0);

    expect(() => retryJob(fake.world, jobNamed(build, 'no'))).toThrow('it deploys');
    expect(() => retryJob(fake.world, jobNamed(build, 'once'))).toThrow('forbids retries of passed jobs');
    const job = jobNamed(build, 'yes');
    expect(retryJob(fake.world, job)).toMatchObject({ retryType: 'manual', retriesCount: 1, state: 'scheduled' });
    expect(() => retryJob(fake.world, job)).toThrow('was already retried');
  });

  it('retries a job by its rules until they are used up', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a, retry: {automatic: [{exit_status: 1, limit: 2}, {exit_status: 2, limit: 1}]}}]');

    for (const status of [1, 2, 1, 1]) fake.run(jobNamed(build, 'a'), status);

    expect(statesOf(build)).toEqual(['a finished', 'a finished', 'a finished', 'a finished']);
    expect(jobNamed(build, 'a')).toMatchObject({ retriesCount: 3, retryType: 'automatic' });
    expect(build.state).toBe('failed');
  });

  it('cancels all that is left of a build, and nothing of it begins any more', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a}, {command: b, retry: {automatic: true}}, wait, {command: c}]');
    fake.begin(jobNamed(build, 'b'));

    cancelBuild(fake.world, build, 'test');
    expect(build.state).toBe('canceling');
    expect(statesOf(build)).toEqual(['a canceled', 'b canceling', 'waiter canceled', 'c canceled']);
    fake.finish(jobNamed(build, 'b'), -1, { signalReason: 'cancel' });

    expect(build.state).toBe('canceled');
    expect(() => cancelBuild(fake.world, build, 'test')).toThrow('cannot be cancelled');
  });

  it('cancels jobs with cancel_on_build_failing when another job fails', () => {
    const fake = new FakeWorld();
    const build = fake.build('steps: [{command: a}, {command: b, cancel_on_build_failing: true}]');
    fake.begin(jobNamed(build, 'b'));

    fake.run(jobNamed(build, 'a'), 1);

    expect(jobNamed(build, 'b').state).toBe('canceling');
  });
});
