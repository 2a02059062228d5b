import { runs, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import type { Live, Pod } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

/** What a sidecar does that serves until it is told to end. */
const serve = 'trap "exit 0" TERM; while true; do sleep 0.2; done';

/** Long enough to read the logs of a pod whose job has ended. */
const kept = { ttlSecondsAfterFinished: 300 };

function endOf(pod: Live<Pod>, container: string) {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses.find(({ name }) => name === container)?.state?.terminated;
}

function containerLog(job: { readonly id: string }, container: string): Promise<string> {
  const { kubectl, info } = testbed.session;
  return kubectl(['logs', `bk-${job.id}`, '--container', container, '--namespace', info.namespace]);
}

describe.concurrent('given one environment', () => {
  it('when it serves as main container, init container and sidecar, then each role has its image and variables', async () => {
    const name = `tool-${crypto.randomUUID()}`;
    await testbed.createEnvironment(name, {
      container: { image: testbed.session.info.images.busybox, env: [{ name: 'TOOL', value: 'hammer' }] },
    });
    const { job, record } = await testbed.run(
      'until [ -s /workspace/beside ]; do sleep 0.2; done; cat /workspace/before /workspace/beside; echo "main has $TOOL"; busybox | head -n 1',
      {},
      {
        environment: name,
        // The testbed names an image where a test does not, and that one would win.
        image: testbed.session.info.images.busybox,
        initContainers: [{ environment: name, name: 'before', command: ['sh', '-c', 'echo "init has $TOOL" >/workspace/before'] }],
        extraContainers: [
          {
            environment: name,
            name: 'beside',
            env: [{ name: 'TOOL', value: 'saw' }],
            command: ['sh', '-c', `echo "sidecar has $TOOL" >/workspace/beside; ${serve}`],
          },
        ],
      },
    );
    expect(record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed' });
    const log = (await testbed.log(job.id)).toString();
    for (const line of ['init has hammer', 'sidecar has saw', 'main has hammer', 'BusyBox']) expect(log).toContain(line);
  });
});

describe.concurrent('given a job with init containers', () => {
  it('when it starts, then they run one after another before its command, those of the environment first', async () => {
    const { busybox } = testbed.session.info.images;
    const step = (name: string) => ({ name, image: busybox, command: ['sh', '-c', `echo ${name} >>/workspace/order; sleep 1`] });
    const environment = `steps-${crypto.randomUUID()}`;
    await testbed.createEnvironment(environment, { initContainers: [step('first')] });
    const { job } = await testbed.run('tr "\\n" + </workspace/order', {}, { environment, initContainers: [step('second'), step('third')] });
    expect((await testbed.log(job.id)).toString()).toContain('first+second+third+');
  });
});

describe.concurrent('given a job with a sidecar', () => {
  it('when the job ends, then the sidecar ends after it and gets time to flush', async () => {
    const flusher = {
      name: 'flusher',
      image: testbed.session.info.images.busybox,
      command: ['sh', '-c', `trap 'sleep 3; echo flushed; exit 0' TERM; echo up >/workspace/flusher; while true; do sleep 0.2; done`],
    };
    const { job, record } = await testbed.run(runs('cat /workspace/flusher'), {}, { extraContainers: [flusher], ...kept });
    expect(record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed' });
    const pod = await testbed.session.podWatch.waitFor(job.id, 'flushed', candidate => endOf(candidate, 'flusher') !== undefined);
    expect(endOf(pod, 'flusher')?.exitCode).toBe(0);
    expect(Date.parse(endOf(pod, 'flusher')?.finishedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(endOf(pod, 'container-0')?.finishedAt ?? ''),
    );
    expect(await containerLog(job, 'flusher')).toBe('flushed');
    await testbed.session.removeBuildJobs([job.id]);
  });

  it('when it exits 143 on TERM, as most programs do, then the job is good', async () => {
    const { busybox } = testbed.session.info.images;
    const plain = { name: 'plain', image: busybox, command: ['sh', '-c', 'trap "exit 143" TERM; while true; do sleep 0.2; done'] };
    const { record } = await testbed.run(runs('sleep 1'), {}, { extraContainers: [plain] });
    expect(record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed', exitCode: 0 });
  });

  it('when it must be ready first, then the command waits for it', async () => {
    const slow = {
      name: 'slow',
      image: testbed.session.info.images.busybox,
      command: ['sh', '-c', `sleep 3; touch /workspace/ready; ${serve}`],
      startupProbe: { exec: { command: ['test', '-e', '/workspace/ready'] }, periodSeconds: 1, failureThreshold: 30 },
    };
    const { record } = await testbed.run('test -e /workspace/ready', {}, { extraContainers: [slow] });
    expect(record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed', exitCode: 0 });
  });
});
