import { randomBytes, randomUUID } from 'node:crypto';
import { type JobOptions, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

/** Runs the command to its end, and gives the job with its log. */
async function run(command: string, options?: JobOptions) {
  const { job } = await testbed.run(command, options);
  const log = (await testbed.log(job.id)).toString();
  return { job, log };
}

/** The artifacts of a build by path, with their bytes. */
async function artifactsOf(buildId: string): Promise<Record<string, string>> {
  const { simulator } = testbed.session;
  const artifacts = await simulator.artifacts(buildId);
  const entries = artifacts.map(async ({ id, path }) => [path, (await simulator.artifactBytes(id)).toString('base64')] as const);
  return Object.fromEntries(await Promise.all(entries));
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe.concurrent('given a job that makes artifacts', () => {
  it.concurrent('when its step names artifact_paths, then exactly the files that fit are uploaded', async () => {
    const bytes = randomBytes(3000);
    const { job, log } = await run(
      [
        'mkdir -p logs/unit/deep reports',
        'echo top >logs/top.txt',
        'echo deep >logs/unit/deep/deep.txt',
        'echo no >logs/unit/skip.xml',
        `echo ${bytes.toString('base64')} | base64 -d >reports/report.bin`,
        'echo no >reports/other.html',
      ].join('\n'),
      { step: { artifact_paths: ['logs/**/*.txt', 'reports/*.bin'] } },
    );
    expect(job, log).toMatchObject({ passed: true });
    expect(await artifactsOf(job.buildId)).toEqual({
      'logs/top.txt': base64('top\n'),
      'logs/unit/deep/deep.txt': base64('deep\n'),
      'reports/report.bin': bytes.toString('base64'),
    });
  });

  it.concurrent('when its command fails, then the artifacts of artifact_paths are there all the same', async () => {
    const { job, log } = await run('mkdir logs\necho why >logs/failure.txt\nexit 7', { step: { artifact_paths: 'logs/*.txt' } });
    expect(job, log).toMatchObject({ passed: false, exitStatus: 7 });
    expect(await artifactsOf(job.buildId)).toEqual({ 'logs/failure.txt': base64('why\n') });
  });

  it.concurrent('when it uploads by a glob and downloads again, then it gets the same bytes', async () => {
    const { job, log } = await run(
      [
        'mkdir -p logs/a logs/b',
        'head -c 200000 /dev/urandom >logs/a/random.txt',
        'echo "ü" >"logs/b/with space.txt"',
        ': >logs/empty.txt',
        'echo no >logs/a/skip.bin',
        `buildkite-agent artifact upload 'logs/**/*.txt'`,
        'mkdir /tmp/back',
        // Buildkite's own search takes * for any text, slashes too.
        `buildkite-agent artifact download 'logs/*.txt' /tmp/back/`,
        'diff -r -x skip.bin logs /tmp/back/logs && echo sa"me"',
      ].join('\n'),
    );
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('same');
    expect(Object.keys(await artifactsOf(job.buildId)).toSorted()).toEqual([
      'logs/a/random.txt',
      'logs/b/with space.txt',
      'logs/empty.txt',
    ]);
  });
});

describe.concurrent('given a job that keeps meta-data', () => {
  it.concurrent('when it sets a value, then it reads the value back, and the build has it', async () => {
    const { job, log } = await run(
      [
        'buildkite-agent meta-data set release "v1.2 ü"',
        'echo "got <$(buildkite-agent meta-data get release)>"',
        'buildkite-agent meta-data exists release && echo "exists $?"',
        'code=0; buildkite-agent meta-data exists missing || code=$?; echo "missing $code"',
        'echo "default <$(buildkite-agent meta-data get missing --default none)>"',
      ].join('\n'),
    );
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('got <v1.2 ü>');
    expect(log).toContain('exists 0');
    expect(log).toContain('missing 100');
    expect(log).toContain('default <none>');
    expect((await testbed.session.simulator.build(job.buildId)).metaData).toMatchObject({ release: 'v1.2 ü' });
  });
});

describe.concurrent('given a job that annotates its build', () => {
  it.concurrent('when it adds to its annotation, then the build shows both parts in the style', async () => {
    const { job, log } = await run(
      [
        'buildkite-agent annotate "**3** failures" --style error --context tests',
        'echo " and a *list*" | buildkite-agent annotate --append --context tests',
      ].join('\n'),
    );
    expect(job, log).toMatchObject({ passed: true });
    expect(await testbed.session.simulator.annotations(job.buildId)).toMatchObject([
      { context: 'tests', style: 'error', body: '**3** failures and a *list*\n' },
    ]);
  });
});

describe.concurrent('given a job that uploads a pipeline', () => {
  it.concurrent('when the step that it adds is taken, then that one runs as well, in the same build', async () => {
    const { simulator } = testbed.session;
    const steps = JSON.stringify({ steps: [{ command: 'echo "added by $(buildkite-agent meta-data get from)"', key: 'added' }] });
    const { job, log } = await run(
      `buildkite-agent meta-data set from first\necho '${steps.replaceAll('$', '$$')}' | buildkite-agent pipeline upload`,
    );
    expect(job, log).toMatchObject({ passed: true });
    const added = (await simulator.build(job.buildId)).jobs.find(({ stepKey }) => stepKey === 'added');
    if (added === undefined) throw new Error(`the step was not added:\n${log}`);
    const second = await testbed.finish(testbed.own(added));
    expect(second.job).toMatchObject({ state: 'finished', passed: true });
    expect((await testbed.log(added.id)).toString()).toContain('added by first');
    expect(await simulator.build(job.buildId)).toMatchObject({ state: 'passed' });
  });

  it.concurrent('when the pipeline is nonsense, then the job fails with words about it and nothing is added', async () => {
    const { job, log } = await run(`echo 'steps: [{ command: ls, depends_on: nowhere }, 5]' | buildkite-agent pipeline upload`);
    expect(job, log).toMatchObject({ state: 'finished', passed: false });
    expect((await testbed.session.simulator.build(job.buildId)).jobs).toHaveLength(1);
  });
});

describe.concurrent('given a job that asks about its step', () => {
  it.concurrent('when it changes the label, then it reads the new one', async () => {
    const { job, log } = await run(
      [
        'echo "label <$(buildkite-agent step get label)>"',
        'buildkite-agent step update label "new label"',
        'echo "then <$(buildkite-agent step get label)>"',
        'echo "key <$(buildkite-agent step get key)>"',
      ].join('\n'),
      { step: { label: 'old label', key: 'the-step' } },
    );
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('label <old label>');
    expect(log).toContain('then <new label>');
    expect(log).toContain('key <the-step>');
  });
});

describe.concurrent('given a job that asks for credentials', () => {
  it.concurrent('when it asks for an OIDC token, then it gets one about itself for the audience', async () => {
    const { job, log } = await run(
      'buildkite-agent oidc request-token --audience https://example.com | cut -d. -f2 | tr -- -_ +/ | sed "s/^/claims /"',
      { branch: 'main' },
    );
    expect(job, log).toMatchObject({ passed: true });
    const [, encoded = ''] = /claims ([A-Za-z0-9+/]{20,})/.exec(log) ?? [];
    expect(JSON.parse(Buffer.from(encoded, 'base64').toString())).toMatchObject({
      aud: 'https://example.com',
      job_id: job.id,
      build_branch: 'main',
    });
  });

  it.concurrent('when it gets a secret, then it can use the value, and the log does not show it', async () => {
    const value = `hunter2-${randomUUID()}`;
    const key = `TOKEN_${randomUUID().replaceAll('-', '_')}`;
    await testbed.session.simulator.setSecret(key, value);
    const { job, log } = await run(`secret=$(buildkite-agent secret get ${key})\necho "length \${#secret}"\necho "the value is <$secret>"`);
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain(`length ${value.length}`);
    expect(log).toContain('the value is <[REDACTED]>');
    expect(log).not.toContain(value);
  });
});

describe.concurrent('given variables of the job', () => {
  it.concurrent('when the command looks, then it sees those of Buildkite, of the build and of the step', async () => {
    const { job, log } = await run(
      [
        'echo "job <$BUILDKITE_JOB_ID> build <$BUILDKITE_BUILD_ID> step <$BUILDKITE_STEP_KEY>"',
        'echo "branch <$BUILDKITE_BRANCH> message <$BUILDKITE_MESSAGE>"',
        'echo "of build <$OF_BUILD> of step <$OF_STEP> ci <$CI>"',
      ].join('\n'),
      {
        branch: 'feature/ü',
        message: `it's "quoted" $HOME $(id)`,
        env: { OF_BUILD: 'b 1', OF_STEP: 'overridden' },
        step: { key: 'the-step', env: { OF_STEP: '$(NOT) $$ 2' } },
      },
    );
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain(`job <${job.id}> build <${job.buildId}> step <the-step>`);
    expect(log).toContain(`branch <feature/ü> message <it's "quoted" $HOME $(id)>`);
    expect(log).toContain('of build <b 1> of step <$(NOT) $$ 2> ci <true>');
  });
});
