import { randomUUID } from 'node:crypto';
import type { BuildView, JobView } from '@buildkite-operator/e2e-simulator';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { authorFiles, commandingPlugin, tellingPlugin } from './author-files.ts';
import { buildEnded } from './build-ended.ts';
import { expectedSteps } from './expected-steps.ts';

const testbed = useTestbed();

const secret = 'nineteen characters';

/** Puts a plugin on the git server and gives its source for a step. */
async function plugin(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const repository = await testbed.session.createRepository(`${randomUUID()}/${name}-buildkite-plugin`, files);
  await repository.tag('v1');
  return `${testbed.session.info.gitHttp.origin}/${repository.name}.git#v1`;
}

/** What a command has put out through `./say`, and how its job ended. */
async function ended({ id, exitStatus }: JobView) {
  const log = (await testbed.log(id)).toString();
  return { exitStatus, said: [...log.matchAll(/^<(.*)>\r?$/gm)].map(([, line = '']) => line) };
}

/** How each job of the build ended, by the key of its step. */
async function endedSteps({ jobs }: BuildView): Promise<Record<string, unknown[]>> {
  const commands = jobs.filter(({ type }) => type === 'script');
  const ends = await Promise.all(commands.map(async job => [job.stepKey ?? '', await ended(job)] as const));
  return Object.fromEntries([...Map.groupBy(ends, ([key]) => key)].map(([key, entries]) => [key, entries.map(([, end]) => end)]));
}

/** The pipeline as its first job uploads it, from the repository that it stands in. */
async function startBuild() {
  const { session } = testbed;
  const { info, simulator } = session;
  const repository = await session.createRepository(`pipeline-${randomUUID()}`, authorFiles());
  const environment = `of-the-pipeline-${randomUUID().slice(0, 8)}`;
  await testbed.createEnvironment(environment, { container: { env: [{ name: 'OF_ENVIRONMENT', value: 'of the environment' }] } });
  await simulator.setSecret('PIPELINE_SECRET', secret);
  const start = { key: 'start', command: 'buildkite-agent pipeline upload', agents: { queue: 'bk-operator' } };
  const build = await testbed.createBuild({
    yaml: JSON.stringify({ steps: [start] }),
    pipeline: { slug: 'whole' },
    repository: `${info.gitHttp.origin}/${repository.name}.git`,
    branch: 'main',
    commit: repository.commit,
    env: {
      DASH_IMAGE: info.images.dash,
      BUSYBOX_IMAGE: info.images.busybox,
      ENVIRONMENT: environment,
      OF_BUILD: 'of the build',
      TELLING_PLUGIN: await plugin('telling', tellingPlugin),
      COMMANDING_PLUGIN: await plugin('commanding', commandingPlugin),
    },
  });
  return { build, commit: repository.commit };
}

describe('given a pipeline of more than 40 steps in a repository', () => {
  it('when a build of it is made, then every step runs as it says, with nobody touching the cluster', { timeout: 590_000 }, async () => {
    const { simulator } = testbed.session;
    const { build: started, commit } = await startBuild();
    const build = await buildEnded(testbed.session, started.id, 560_000);

    expect(await endedSteps(build)).toEqual(expectedSteps({ commit }));
    expect(build.state).toBe('passed');

    const jobsOf = (key: string) => build.jobs.filter(({ stepKey }) => stepKey === key);
    expect(jobsOf('bad-block')).toMatchObject([{ endedBy: 'stack', detail: expect.stringContaining('colour') as string }]);
    expect(jobsOf('bad-image')).toMatchObject([{ endedBy: 'stack', detail: expect.stringContaining('Not/Valid') as string }]);

    const [long] = jobsOf('long-output');
    const lines = (await testbed.log(long?.id ?? '')).toString().match(/^output line \d+/gm);
    expect(lines).toEqual(Array.from({ length: 5000 }, (_, index) => `output line ${index}`));

    const turns = jobsOf('one-at-a-time')
      .map(({ timeline }) => timeline)
      .sort((one, other) => (one.acquiredAt ?? 0) - (other.acquiredAt ?? 0));
    for (const [index, turn] of turns.slice(1).entries())
      expect(turn.acquiredAt).toBeGreaterThanOrEqual(turns[index]?.finishedAt ?? Infinity);

    const artifacts = await simulator.artifacts(build.id);
    expect(artifacts.map(({ path }) => path).sort()).toEqual(['big.txt', 'out/1.txt', 'out/deep/2.txt']);
    expect(await simulator.annotations(build.id)).toMatchObject([{ context: 'pipeline', style: 'info', body: '**40** steps' }]);
  });
});
