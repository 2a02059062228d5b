import { attachCluster } from '@buildkite-operator/e2e-cluster';
import type { Pod } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';
import { outcome, runs } from './job-samples.ts';
import { useTestbed } from './use-testbed.ts';

const testbed = useTestbed();

const input = { resources: { limits: { memory: '64Mi' } } };

/** Takes memory until the kernel ends it. */
const eat = 'tail /dev/zero';

/** How late the status may name the kill, and the fraction of a second that the kubelet leaves out of the time of the kill. */
const latestMs = 5000 + 1000;

const message = 'container container-0 was killed because it used more memory than its limit of 64Mi; raise resources.limits.memory';

describe.concurrent('given a command that uses more memory than its limit', () => {
  it('when one of its processes is killed, then the status says so within 5 s, and how to mend it', async () => {
    const job = await testbed.createJob(eat);
    const buildJob = await testbed.start(job, input);
    const seenAt = await outOfMemorySeen(buildJob.metadata.uid);
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(seenAt - (await killedAt(job.id))).toBeLessThan(latestMs);
    expect(outcome(ended.job)).toMatchObject({ state: 'finished', exitStatus: 137, passed: false, endedBy: 'agent' });
    expect(ended.record.last.status).toMatchObject({ phase: 'Failed', reason: 'OOMKilled', exitCode: 137 });
    expect(ended.record.last.status?.message).toContain(message);
  });

  it('when its whole container is killed, then the status says so within 5 s, while the agent still waits', async () => {
    const job = await testbed.createJob(runs(`until [ -e /tmp/eat ]; do sleep 0.2; done; ${eat}`));
    const buildJob = await testbed.start(job, input);
    await testbed.session.simulator.waitForLog(job.id, 'started', 60_000);
    await letFirstProcessBeKilled(job.id);
    const seenAt = await outOfMemorySeen(buildJob.metadata.uid);
    expect(seenAt - (await killedAt(job.id))).toBeLessThan(latestMs);
    const now = testbed.session.watch.records().find(({ last }) => last.metadata.uid === buildJob.metadata.uid);
    expect(now?.last.status).toMatchObject({ phase: 'Running', reason: 'OOMKilled' });
    expect(now?.last.status?.message).toContain(message);
    const ended = await testbed.session.waitForBothEnds(job, buildJob);
    expect(outcome(ended.job)).toMatchObject({ state: 'finished', exitStatus: -7, endedBy: 'agent' });
    expect(ended.record.last.status).toMatchObject({ phase: 'Failed', reason: 'OOMKilled', exitCode: 137 });
  });

  it('when it copes with the loss of a child, then the job is good', async () => {
    const { job, record } = await testbed.run(`${eat} || echo coped`, {}, input);
    expect(outcome(job)).toMatchObject({ state: 'finished', exitStatus: 0, passed: true });
    expect(record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed', exitCode: 0 });
  });
});

/** When the status first named the kill. */
async function outOfMemorySeen(uid: string): Promise<number> {
  await testbed.session.watch.waitFor(uid, 'known to be out of memory', ({ last }) => last.status?.reason === 'OOMKilled', 60_000);
  return Date.now();
}

/** When the kubelet says that the container ended. */
async function killedAt(jobId: string): Promise<number> {
  const time = (pod: Pod) => commandStatus(pod)?.state?.terminated?.finishedAt;
  const pod = await testbed.session.podWatch.waitFor(jobId, 'reported', candidate => time(candidate) !== undefined);
  return Date.parse(time(pod) ?? '');
}

function commandStatus(pod: Pod) {
  return pod.status?.containerStatuses?.find(({ name }) => name === 'container-0');
}

/**
 * Under cgroup v2 a container is killed as a whole. Here the kernel may choose one process, and the test sees to it that it is the
 * first, with which all others end; then it lets the command go on.
 */
async function letFirstProcessBeKilled(jobId: string): Promise<void> {
  const pod = await testbed.session.podWatch.waitFor(jobId, 'running', candidate => commandStatus(candidate)?.containerID !== undefined);
  const id = commandStatus(pod)?.containerID?.replace('containerd://', '') ?? '';
  const cluster = await attachCluster();
  const node = pod.spec?.nodeName ?? '';
  const table = await cluster.nodeCommand(node, ['ctr', '--namespace', 'k8s.io', 'tasks', 'ps', id]);
  const processes = table.matchAll(/^\d+/gm).map(([pid]) => `/proc/${pid}`);
  const score = 'if grep -q "^NSpid:.*[^0-9]1$" $process/status; then echo 1000; else echo -900; fi >$process/oom_score_adj';
  await cluster.nodeCommand(node, ['sh', '-c', `for process in ${[...processes].join(' ')}; do ${score}; done; true`]);
  await testbed.session.kubectl([
    'exec',
    '-n',
    testbed.session.info.namespace,
    pod.metadata.name,
    '-c',
    'container-0',
    '--',
    'touch',
    '/tmp/eat',
  ]);
}
