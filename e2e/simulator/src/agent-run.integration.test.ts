import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { useRealAgent } from './testing/use-real-agent.ts';

describe('the real agent with the simulator', () => {
  const real = useRealAgent();

  const source = () => ({ repository: real.yard.repository, branch: 'main' });

  it.each([0, 1, 42, 137])('reports exit status %i as itself', async status => {
    const job = await real.simulator.control.createJob(`exit ${status}`, source());

    const end = await real.yard.run(real.simulator, job.id);

    expect(end.exitCode).toBe(0);
    const done = await real.simulator.control.job(job.id);
    expect(done).toMatchObject({ state: 'finished', exitStatus: status, passed: status === 0 });
    expect(await real.simulator.control.build(job.buildId)).toMatchObject({ state: status === 0 ? 'passed' : 'failed' });
  });

  it('brings a large log byte for byte, invalid UTF-8 and ANSI codes included', async () => {
    const command = `printf 'START\\377\\376\\033[31mred\\033[0m'; seq 1 200000; printf 'no newline at the end'`;
    const job = await real.simulator.control.createJob(command, source());

    await real.yard.run(real.simulator, job.id, { BUILDKITE_NO_PTY: 'true' });

    const expected = Buffer.concat([
      Buffer.from('START\xff\xfe\x1b[31mred\x1b[0m', 'latin1'),
      Buffer.from(`${Array.from({ length: 200_000 }, (_, index) => index + 1).join('\n')}\nno newline at the end`),
    ]);
    const log = await real.simulator.control.jobLog(job.id, { strip: true });
    const from = log.lastIndexOf('START');
    expect(digest(log.subarray(from, from + expected.length))).toBe(digest(expected));
    const { log: account, logChunks } = await real.simulator.control.job(job.id);
    expect(account.size).toBe(account.contiguousSize);
    expect(logChunks.length).toBeGreaterThan(5);
  });

  it('gives the job the environment that Buildkite gives', async () => {
    const { jobs } = await real.simulator.control.createBuild({
      ...source(),
      message: 'why',
      env: { FROM_BUILD: 'b', BOTH: 'build' },
      yaml: `
        env: { FROM_PIPELINE: p }
        steps:
          - label: ":hammer: {{matrix}}"
            key: hammer
            command: env | grep -E '^(BUILDKITE|FROM|BOTH)' | sort
            env: { BOTH: step }
            agents: { queue: special }
            artifact_paths: nothing/*
            timeout_in_minutes: 5
            matrix: [one]
            image: debian:12
      `,
    });
    const job = jobs[0];
    if (job === undefined) throw new Error('no job');

    await real.yard.run(real.simulator, job.id, { BUILDKITE_AGENT_TAGS: 'queue=special,os=linux' });

    const log = (await real.simulator.control.jobLog(job.id, { strip: true })).toString().replaceAll('\r', '');
    for (const line of [
      'FROM_PIPELINE=p',
      'FROM_BUILD=b',
      'BOTH=step',
      'BUILDKITE_LABEL=:hammer: one',
      'BUILDKITE_STEP_KEY=hammer',
      `BUILDKITE_JOB_ID=${job.id}`,
      `BUILDKITE_BUILD_ID=${job.buildId}`,
      `BUILDKITE_BUILD_NUMBER=${job.buildNumber}`,
      'BUILDKITE_BRANCH=main',
      'BUILDKITE_MESSAGE=why',
      'BUILDKITE_TIMEOUT=5',
      'BUILDKITE_ARTIFACT_PATHS=nothing/*',
      'BUILDKITE_IMAGE=debian:12',
      'BUILDKITE_RETRY_COUNT=0',
      'BUILDKITE_AGENT_META_DATA_QUEUE=special',
      'BUILDKITE_AGENT_META_DATA_OS=linux',
      `BUILDKITE_REPO=${real.yard.repository}`,
    ]) {
      expect(log).toContain(`\n${line}\n`);
    }
  });

  it('serves what a job asks for from inside: meta-data, annotations, steps, secrets, OIDC', async () => {
    await real.simulator.control.setSecret('deploy_key', 'hush');
    const job = await real.simulator.control.createJob(
      [
        'buildkite-agent meta-data set colour blue',
        'test "$(buildkite-agent meta-data get colour)" = blue',
        'test "$(buildkite-agent meta-data get absent --default none)" = none',
        'buildkite-agent meta-data exists absent || test $? -eq 100',
        'buildkite-agent meta-data keys | grep -x colour',
        'buildkite-agent annotate "one" --style info --context report',
        'buildkite-agent annotate " two" --append --context report --style warning',
        'buildkite-agent annotate "gone soon" --context other',
        'buildkite-agent annotation remove --context other',
        'test "$(buildkite-agent step get label)" = before',
        'buildkite-agent step update label " after" --append',
        'buildkite-agent secret get deploy_key --skip-redaction | grep -x hush',
        'buildkite-agent oidc request-token --audience aud --claim pipeline_id --skip-redaction > "$HOME/token"',
        'buildkite-agent job update timeout 20',
        '! buildkite-agent job update label other',
      ].join('\n'),
      { ...source(), step: { label: 'before', key: 'asks' } },
    );

    await real.yard.run(real.simulator, job.id);

    const done = await real.simulator.control.job(job.id);
    const log = (await real.simulator.control.jobLog(job.id, { strip: true })).toString();
    if (done.passed !== true) throw new Error(log);
    expect(done).toMatchObject({ passed: true, label: 'before after' });
    const build = await real.simulator.control.build(job.buildId);
    expect(build.metaData).toMatchObject({ colour: 'blue' });
    expect(await real.simulator.control.annotations(job.buildId)).toMatchObject([{ context: 'report', style: 'warning', body: 'one two' }]);
  });
});

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
