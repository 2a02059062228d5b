import { randomUUID } from 'node:crypto';
import type { JobView } from '@buildkite-operator/e2e-simulator';
import { outcome, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { OutsideMachine } from './outside-agent.ts';
import { jobMs } from './patience.ts';

const testbed = useTestbed();

/** A repository that the agent and the pod both check out. */
async function repository(): Promise<string> {
  const { name } = await testbed.session.createRepository(`outside-${randomUUID()}`, { 'words.txt': 'from the repository\n' });
  return `${testbed.session.info.gitHttp.origin}/${name}.git`;
}

/** A step's command that runs this script in the cluster. */
function inCluster(script: string, ...options: string[]): string {
  return `bko run --image ${testbed.session.info.images.dash} ${options.join(' ')} -- sh -ec '${script}'`;
}

/** Waits for the end in Buildkite; then nothing of the job may be left in the cluster, its Secret included. */
async function ended({ id }: JobView): Promise<JobView> {
  const { session } = testbed;
  const job = await session.simulator.waitForJob(id, 'ended', jobMs);
  await session.waitForNothingLeft([id]);
  await expect.poll(() => secretsOf(id), { timeout: 60_000 }).toEqual([]);
  return job;
}

async function secretsOf(jobId: string): Promise<string[]> {
  const { secrets, info, signal } = testbed.session;
  const { items } = await secrets.list({ namespace: info.namespace }, {}, signal);
  return items.map(({ metadata }) => metadata.name).filter(name => name.includes(jobId));
}

async function log(job: JobView): Promise<string> {
  return (await testbed.log(job.id)).toString();
}

describe.concurrent('given an agent on a machine outside of the cluster', () => {
  it('when its job runs by bko, then the pod has checkout, environment, artifacts and meta-data of the job, and its output is the log', async () => {
    await using machine = await OutsideMachine.create(testbed);
    const script = [
      'cat words.txt',
      'echo "branch $BUILDKITE_BRANCH in $(pwd)"',
      'buildkite-agent meta-data set said "from the pod"',
      'echo kept >kept.txt',
      'buildkite-agent artifact upload kept.txt',
    ].join('; ');
    const { job } = await machine.start(inCluster(script), await repository());
    expect(outcome(await ended(job))).toMatchObject({ state: 'finished', passed: true, exitStatus: 0, endedBy: 'agent' });
    const said = await log(job);
    expect(said).toContain('from the repository');
    expect(said).toMatch(/branch main in \/workspace\/build/);
    const { simulator, watch, podWatch } = testbed.session;
    const { build } = await simulator.job(job.id).then(async ({ buildId }) => ({ build: await simulator.build(buildId) }));
    expect(build.metaData).toMatchObject({ said: 'from the pod' });
    expect((await simulator.artifacts(build.id)).map(({ path }) => path)).toEqual(['kept.txt']);
    expect(watch.ofJob(job.id).map(({ last }) => last.status?.reason)).toEqual(['Completed']);
    const [pod] = podWatch.ofJob(job.id);
    expect(pod?.last.spec?.containers.map(({ name }) => name)).toEqual(['container-0']);
  });

  it.for([
    { what: 'an exit code of its own', script: 'exit 7', exitStatus: 7 },
    { what: 'a signal', script: 'kill -KILL $$', exitStatus: 137 },
  ])('when the command ends by $what, then the job ends so', async ({ script, exitStatus }) => {
    await using machine = await OutsideMachine.create(testbed);
    const { job } = await machine.start(inCluster(script), await repository());
    expect(outcome(await ended(job))).toMatchObject({ state: 'finished', passed: false, exitStatus, endedBy: 'agent' });
  });

  it("when bko stands in the agent's command hook, then the step's own command runs in the cluster", async () => {
    await using machine = await OutsideMachine.create(testbed);
    await machine.addHook('command', `#!/bin/sh\nexec bko run --image ${testbed.session.info.images.dash}\n`);
    const { job } = await machine.start('cat words.txt; echo "$HOSTNAME"; exit 5', await repository());
    expect(outcome(await ended(job))).toMatchObject({ passed: false, exitStatus: 5 });
    expect(await log(job)).toMatch(new RegExp(`from the repository[^]*bk-${job.id}`));
  });

  it('when the job is cancelled in Buildkite, then its pod ends, and the agent says so', async () => {
    await using machine = await OutsideMachine.create(testbed);
    const { job } = await machine.start(inCluster('echo star"ted"; sleep 600'), await repository());
    const { simulator, watch } = testbed.session;
    await simulator.waitForLog(job.id, 'started', jobMs);
    await simulator.cancelJob(job.id);
    expect(await ended(job)).toMatchObject({ state: 'canceled', passed: false });
    expect(watch.ofJob(job.id).map(({ last }) => last.status?.reason)).toEqual(['Cancelled']);
  });

  it('when the cluster cannot run it, then the job ends with 190 and its page says why', async () => {
    await using machine = await OutsideMachine.create(testbed);
    const { job } = await machine.start("bko run --image '127.0.0.1:1/no/such:image' -- true", await repository());
    expect(await ended(job)).toMatchObject({ passed: false, exitStatus: 190 });
    expect(await log(job)).toContain('ImagePull: ');
  });

  it('when what it asks for is refused, then the job ends with 191 and its page has the field', async () => {
    await using machine = await OutsideMachine.create(testbed);
    const { job } = await machine.start('bko run --environment no-such-environment -- true', await repository());
    expect(await ended(job)).toMatchObject({ passed: false, exitStatus: 191 });
    expect(await log(job)).toContain('no-such-environment');
  });

  it('when a second bko of the same job comes, then it ends with 192 and disturbs nothing', async () => {
    await using machine = await OutsideMachine.create(testbed);
    const twice = `${inCluster('until [ -e /workspace/released ]; do sleep 0.2; done')} & first=$!
      until bko run --image x -- true; [ $? -eq 192 ]; do sleep 1; done
      echo sec"ond"; wait $first`;
    const { job } = await machine.start(twice.replaceAll('$', '$$'), await repository());
    const { session } = testbed;
    await session.simulator.waitForLog(job.id, 'second', jobMs);
    await session.kubectl([
      'exec',
      '-n',
      session.info.namespace,
      `bk-${job.id}`,
      '-c',
      'container-0',
      '--',
      'touch',
      '/workspace/released',
    ]);
    expect(await ended(job)).toMatchObject({ passed: true, exitStatus: 0 });
    expect(session.watch.ofJob(job.id).length).toBe(1);
  });

  it('when the machine loses its power, then the job ends by its timeout and nothing stays', async () => {
    await using machine = await OutsideMachine.create(testbed);
    testbed.expectBreaches(({ kind }) => kind === 'agent-vanished');
    const settings = await machine.writeFile('settings.yml', 'timeoutSeconds: 15\nttlSecondsAfterFinished: 60\n');
    const { job } = await machine.start(inCluster('echo star"ted"; sleep 600', '--spec', settings), await repository());
    const { simulator, watch } = testbed.session;
    await simulator.waitForLog(job.id, 'started', jobMs);
    await machine.cutPower();
    const { last } = await watch.waitForJob(job.id, 'over', ({ last }) => last.status?.finishedTime !== undefined, jobMs);
    expect(last.status?.reason).toBe('TimedOut');
    await ended(job);
  });
});
