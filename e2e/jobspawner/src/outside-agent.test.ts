import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobView } from '@buildkite-operator/e2e-simulator';
import { outcome, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { OutsideMachine, type OutsideRun } from './outside-agent.ts';
import { jobMs } from './patience.ts';

const testbed = useTestbed();

/** How long the garbage collector may take. */
const garbageMs = 60_000;

/** A repository that the agent and the pod both check out. */
async function repository(): Promise<string> {
  const { name } = await testbed.session.createRepository(`outside-${randomUUID()}`, { 'words.txt': 'from the repository\n' });
  return `${testbed.session.info.gitHttp.origin}/${name}.git`;
}

/** A step's command that runs this script in the cluster. */
function inCluster(script: string, ...options: string[]): string {
  return `bko run --image ${testbed.session.info.images.dash} ${options.join(' ')} -- sh -ec '${script}'`;
}

/** Waits for the end in Buildkite and of the agent; then nothing of the job may be left in the cluster, its Secret included. */
async function ended({ job: { id }, agent }: OutsideRun): Promise<JobView> {
  const { session } = testbed;
  const job = await session.simulator.waitForJob(id, 'ended', jobMs);
  await agent.end;
  await session.waitForNothingLeft([id]);
  const deadline = Date.now() + garbageMs;
  while ((await secretsOf(id)).length > 0) {
    if (Date.now() > deadline) throw new Error(`the Secret of job ${id} is still there after ${garbageMs / 1000} s`);
    await delay(500);
  }
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
    const run = await machine.start(inCluster(script), await repository());
    expect(outcome(await ended(run))).toMatchObject({ state: 'finished', passed: true, exitStatus: 0, endedBy: 'agent' });
    const said = await log(run.job);
    expect(said).toContain('from the repository');
    expect(said).toMatch(/branch main in \/workspace\/build/);
    const { simulator, watch, podWatch } = testbed.session;
    const { build } = await simulator.job(run.job.id).then(async ({ buildId }) => ({ build: await simulator.build(buildId) }));
    expect(build.metaData).toMatchObject({ said: 'from the pod' });
    expect((await simulator.artifacts(build.id)).map(({ path }) => path)).toEqual(['kept.txt']);
    expect(watch.ofJob(run.job.id).map(({ last }) => last.status?.reason)).toEqual(['Completed']);
    const [pod] = podWatch.ofJob(run.job.id);
    expect(pod?.last.spec?.containers.map(({ name }) => name)).toEqual(['container-0']);
  });

  it.for([
    { what: 'an exit code of its own', script: 'exit 7', exitStatus: 7 },
    { what: 'a signal', script: 'kill -KILL $$', exitStatus: 137 },
  ])('when the command ends by $what, then the job ends so', async ({ script, exitStatus }) => {
    await using machine = await OutsideMachine.create(testbed);
    const run = await machine.start(inCluster(script), await repository());
    expect(outcome(await ended(run))).toMatchObject({ state: 'finished', passed: false, exitStatus, endedBy: 'agent' });
  });

  it("when bko stands in the agent's command hook, then the step's own command runs in the cluster", async () => {
    await using machine = await OutsideMachine.create(testbed);
    await machine.addHook('command', `#!/bin/sh\nexec bko run --image ${testbed.session.info.images.dash}\n`);
    const run = await machine.start('cat words.txt; echo "$HOSTNAME"; exit 5', await repository());
    expect(outcome(await ended(run))).toMatchObject({ passed: false, exitStatus: 5 });
    expect(await log(run.job)).toMatch(new RegExp(`from the repository[^]*bk-${run.job.id}`));
  });

  it('when the job is cancelled in Buildkite, then its pod ends, and the agent says so', async () => {
    await using machine = await OutsideMachine.create(testbed);
    const run = await machine.start(inCluster('echo star"ted"; sleep 600'), await repository());
    const { simulator, watch } = testbed.session;
    await simulator.waitForLog(run.job.id, 'started', jobMs);
    await simulator.cancelJob(run.job.id);
    expect(await ended(run)).toMatchObject({ state: 'canceled', passed: false });
    expect(watch.ofJob(run.job.id).map(({ last }) => last.status?.reason)).toEqual(['Cancelled']);
  });

  it('when the job is cancelled and its pod ends long after the agent has, then bko still sees to its end', async () => {
    await using machine = await OutsideMachine.create(testbed);
    const deaf = { name: 'deaf', image: testbed.session.info.images.dash, command: ['sh', '-c', 'while :; do sleep 1; done'] };
    // The agent waits 10 s for what a cancelled step still says, then it closes the terminal.
    const settings = await machine.writeFile(
      'settings.yml',
      JSON.stringify({ terminationGracePeriodSeconds: 40, extraContainers: [deaf] }),
    );
    const run = await machine.start(inCluster('echo star"ted"; sleep 600', '--spec', settings), await repository());
    const { simulator, watch } = testbed.session;
    await simulator.waitForLog(run.job.id, 'started', jobMs);
    await simulator.cancelJob(run.job.id);
    await run.agent.end;
    expect(watch.ofJob(run.job.id).map(({ last }) => last.status?.finishedTime)).toEqual([undefined]);
    expect(await ended(run)).toMatchObject({ state: 'canceled', passed: false });
    expect(watch.ofJob(run.job.id).map(({ last }) => last.status?.reason)).toEqual(['Cancelled']);
  });

  it('when the cluster cannot run it, then the job ends with 190 and its page says why', async () => {
    await using machine = await OutsideMachine.create(testbed);
    const run = await machine.start("bko run --image '127.0.0.1:1/no/such:image' -- true", await repository());
    expect(await ended(run)).toMatchObject({ passed: false, exitStatus: 190 });
    expect(await log(run.job)).toContain('ImagePull: ');
  });

  it('when what it asks for is refused, then the job ends with 191 and its page has the field', async () => {
    await using machine = await OutsideMachine.create(testbed);
    const run = await machine.start('bko run --environment no-such-environment -- true', await repository());
    expect(await ended(run)).toMatchObject({ passed: false, exitStatus: 191 });
    expect(await log(run.job)).toContain('no-such-environment');
  });

  it('when a second bko of the same job comes, then it ends with 192 and disturbs nothing', async () => {
    await using machine = await OutsideMachine.create(testbed);
    const first = inCluster('echo star"ted"; until [ -e /workspace/released ]; do sleep 0.2; done');
    const second = 'bko run --image x -- true && exit 9; [ $? -eq 192 ] && echo sec"ond"';
    const both = `${first} & first=$!; until [ -e ${machine.home}/go ]; do sleep 0.2; done; ${second}; wait $first`;
    const run = await machine.start(both, await repository());
    const { session } = testbed;
    await session.simulator.waitForLog(run.job.id, 'started', jobMs);
    await machine.writeFile('go', '');
    await session.simulator.waitForLog(run.job.id, 'second', jobMs);
    await session.kubectl([
      'exec',
      '-n',
      session.info.namespace,
      `bk-${run.job.id}`,
      '-c',
      'container-0',
      '--',
      'touch',
      '/workspace/released',
    ]);
    expect(await ended(run)).toMatchObject({ passed: true, exitStatus: 0 });
    expect(session.watch.ofJob(run.job.id).length).toBe(1);
  });

  it('when the machine loses its power, then the job ends by its timeout and nothing stays', async () => {
    await using machine = await OutsideMachine.create(testbed);
    testbed.expectBreaches(({ kind }) => kind === 'agent-vanished');
    const settings = await machine.writeFile('settings.yml', 'timeoutSeconds: 60\nttlSecondsAfterFinished: 30\n');
    const run = await machine.start(inCluster('echo star"ted"; sleep 600', '--spec', settings), await repository());
    const { simulator, watch } = testbed.session;
    await simulator.waitForLog(run.job.id, 'started', jobMs);
    await machine.cutPower();
    const { last } = await watch.waitForJob(run.job.id, 'over', ({ last }) => last.status?.finishedTime !== undefined, jobMs);
    expect(last.status?.reason).toBe('TimedOut');
    await ended(run);
  });
});
