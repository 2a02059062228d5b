import { randomUUID } from 'node:crypto';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

const newName = () => `environment-${randomUUID()}`;

async function logOf(jobId: string): Promise<string> {
  return (await testbed.log(jobId)).toString();
}

/** Tells in the log what image, variables and limits the command has. */
const tell = [
  'if command -v bash >/dev/null; then echo "image dash"; else echo "image busybox"; fi',
  'echo "variables <$ONE> <$TWO> <$THREE>"',
  'echo "memory $(cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes)"',
].join('\n');

const mebibytes = (count: number) => String(count * 1024 * 1024);

describe.concurrent('given a BuildEnvironment', () => {
  it.concurrent('when a job names it, then image, variables and resources are those of the environment', async () => {
    const environment = newName();
    await testbed.createEnvironment(environment, {
      container: {
        image: testbed.session.info.images.busybox,
        env: [
          { name: 'ONE', value: '1 of environment' },
          { name: 'TWO', value: '$(ONE)!' },
        ],
        resources: { requests: { memory: '10Mi' }, limits: { memory: '200Mi' } },
      },
    });
    const { job } = await testbed.run(tell, {}, { environment, image: undefined });
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('image busybox\n');
    expect(log).toContain('variables <1 of environment> <1 of environment!> <>\n');
    expect(log).toContain(`memory ${mebibytes(200)}\n`);
  });

  it.concurrent('when the job has values of its own, then they win, one by one', async () => {
    const { images } = testbed.session.info;
    const environment = newName();
    await testbed.createEnvironment(environment, {
      container: {
        image: images.busybox,
        env: [
          { name: 'ONE', value: '1 of environment' },
          { name: 'TWO', value: '2 of environment' },
        ],
        resources: { requests: { memory: '10Mi', cpu: '10m' }, limits: { memory: '200Mi' } },
      },
    });
    const env = [
      { name: 'TWO', value: '2 of job' },
      { name: 'THREE', value: '3 of job' },
    ];
    const { job } = await testbed.run(tell, {}, { environment, image: images.dash, env, resources: { limits: { memory: '300Mi' } } });
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('image dash\n');
    expect(log).toContain('variables <1 of environment> <2 of job> <3 of job>\n');
    expect(log).toContain(`memory ${mebibytes(300)}\n`);
  });

  it.concurrent('when the pipeline sets a variable too, then the pipeline’s value is what the command sees', async () => {
    const environment = newName();
    await testbed.createEnvironment(environment, { container: { env: [{ name: 'ONE', value: '1 of environment' }] } });
    const { job } = await testbed.run(tell, { env: { ONE: '1 of pipeline' } }, { environment });
    expect(await logOf(job.id)).toContain('variables <1 of pipeline> <> <>\n');
  });

  it.concurrent('when it takes values from a Secret, then the command has them', async () => {
    const environment = newName();
    const secret = `values-${randomUUID()}`;
    await testbed.createSecret(secret, { ONE: '1 of secret', other: '2 of secret' });
    await testbed.createEnvironment(environment, {
      container: {
        envFrom: [{ secretRef: { name: secret } }],
        env: [{ name: 'TWO', valueFrom: { secretKeyRef: { name: secret, key: 'other' } } }],
      },
    });
    const { job } = await testbed.run(tell, {}, { environment });
    expect(await logOf(job.id)).toContain('variables <1 of secret> <2 of secret> <>\n');
  });
});

describe.concurrent('given a job that names a BuildEnvironment which is not there', () => {
  it.concurrent('when it does not come, then the job ends with EnvironmentNotFound and the names of those that exist', async () => {
    const [missing, existing] = [newName(), newName()];
    await testbed.createEnvironment(existing, {});
    const job = await testbed.createJob('true');
    const record = await testbed.session.waitForEnd(await testbed.start(job, { environment: missing }));
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'EnvironmentNotFound' });
    expect(record.last.status?.message).toContain('spec.environment');
    expect(record.last.status?.message).toContain(missing);
    expect(record.last.status?.message).toContain(existing);
    expect(await testbed.session.simulator.job(job.id)).toMatchObject({ state: 'scheduled' });
  });

  it.concurrent('when it comes a little later, then the job runs in it', async () => {
    const environment = newName();
    const job = await testbed.createJob(tell);
    const buildJob = await testbed.start(job, { environment, image: undefined });
    await testbed.session.watch.waitFor(
      buildJob.metadata.uid,
      'waiting for its environment',
      ({ last }) => last.status?.reason === 'EnvironmentNotFound',
      120_000,
    );
    await testbed.createEnvironment(environment, { container: { image: testbed.session.info.images.busybox } });
    const record = await testbed.session.waitForEnd(buildJob);
    expect(record.last.status).toMatchObject({ phase: 'Succeeded', reason: 'Completed' });
    expect(await logOf(job.id)).toContain('image busybox\n');
  });
});

describe.concurrent('given a podPatch', () => {
  it.concurrent('when it adds to the pod, then the command sees the effect', async () => {
    const podPatch = {
      hostname: 'patched-host',
      hostAliases: [{ ip: '192.0.2.7', hostnames: ['alias.test'] }],
      volumes: [{ name: 'scratch', emptyDir: {} }],
      containers: [
        { name: 'container-0', env: [{ name: 'ONE', value: '1 of patch' }], volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] },
      ],
    };
    const { job } = await testbed.run(
      `${tell}\necho "host $(cat /etc/hostname)"\necho "$(cat /etc/hosts)"\ntouch /scratch/file && echo scratch "written"`,
      {},
      { podPatch, env: [{ name: 'TWO', value: '2 of job' }] },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('variables <1 of patch> <2 of job> <>\n');
    expect(log).toContain('host patched-host\n');
    expect(log).toMatch(/192\.0\.2\.7\s+alias\.test/);
    expect(log).toContain('scratch written\n');
  });

  it.concurrent.for([
    {
      what: 'the command of the agent',
      podPatch: { containers: [{ name: 'agent', command: ['sh', '-c', 'cat /buildkite/agent-token/*'] }] },
      field: 'spec.podPatch.containers[agent].command',
    },
    {
      what: 'the command of the checkout',
      podPatch: { containers: [{ name: 'checkout', command: ['true'] }] },
      field: 'spec.podPatch.containers[checkout].command',
    },
    {
      what: 'the entry point of the command’s container',
      podPatch: { containers: [{ name: 'container-0', args: ['sh'] }] },
      field: 'spec.podPatch.containers[container-0].args',
    },
    { what: 'how often the pod runs', podPatch: { restartPolicy: 'Always' }, field: 'spec.podPatch.restartPolicy' },
  ])('when it changes $what, then the job is refused with the field', async ({ podPatch, field }) => {
    const job = await testbed.createJob('true');
    const record = await testbed.session.waitForEnd(await testbed.start(job, { podPatch, checkout: {} }));
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'Rejected' });
    expect(record.last.status?.message).toContain(field);
    expect(await testbed.session.findPod(job.id)).toBeUndefined();
    expect(await testbed.session.simulator.job(job.id)).toMatchObject({ state: 'scheduled' });
  });

  it.concurrent('when it makes a pod that the API server refuses, then the job is refused with the server’s words', async () => {
    const job = await testbed.createJob('true');
    const podPatch = { dnsPolicy: 'Sometimes' };
    const record = await testbed.session.waitForEnd(await testbed.start(job, { podPatch }));
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'Rejected' });
    expect(record.last.status?.message).toContain('spec.dnsPolicy');
  });
});
