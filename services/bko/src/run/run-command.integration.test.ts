import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { BuildJob, BuildJobStatus } from '@buildkite-operator/crds';
import { builtin, type Live, ResourceClient, type Secret, type Transport } from '@buildkite-operator/kube';
import { namedObjects } from '@buildkite-operator/podspec/testing';
import { JobTestServer } from '@buildkite-operator/podspec/testing/job-test-server';
import { createLogger } from '@buildkite-operator/service';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { outsideJob } from './outside-job.ts';
import { runJob } from './run-job.ts';

const { namespace } = namedObjects;
const main = resolve(import.meta.dirname, '../main.ts');
const waiting = { timeout: 60_000, interval: 50 };
const signal = AbortSignal.timeout(170_000);

let server: JobTestServer;
let secrets: ResourceClient<Secret>;
beforeAll(async () => {
  server = await JobTestServer.start();
  secrets = new ResourceClient(server.transport, builtin.secrets);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** `bko run` as the command of a Buildkite job. There is no controller: the tests write the statuses. */
function startRun(jobId: string) {
  const env = {
    KUBECONFIG: server.kubeconfigPath,
    BUILDKITE_JOB_ID: jobId,
    BUILDKITE_AGENT_ACCESS_TOKEN: 'token-of-the-job',
    BUILDKITE_AGENT_ENDPOINT: 'http://127.0.0.1:1/v3',
    BUILDKITE_COMMAND: 'bko run',
  };
  const words = [main, 'run', '--namespace', namespace, '--image', 'node:24', '--', 'make test'];
  return execa(process.execPath, words, { env, extendEnv: false, reject: false, all: true, forceKillAfterDelay: false });
}

async function findJob(jobId: string): Promise<Live<BuildJob> | undefined> {
  return server.jobs.find({ namespace, name: `bk-${jobId}` }, {}, signal);
}

/** The BuildJob and its Secret, once both are there. */
async function madeBy(jobId: string) {
  return vi.waitUntil(async () => {
    const job = await findJob(jobId);
    const name = job?.spec.buildkite.outsideAgent?.environmentSecret ?? '';
    const secret = name === '' ? undefined : await secrets.find({ namespace, name }, {}, signal);
    return job === undefined || secret === undefined ? undefined : { job, secret };
  }, waiting);
}

async function writeStatus(job: Live<BuildJob>, status: BuildJobStatus): Promise<void> {
  const { apiVersion, kind, spec, metadata } = job;
  const { name } = metadata;
  await server.jobs.applyStatus({ apiVersion, kind, metadata: { name, namespace }, spec, status }, { fieldManager: 'test' }, signal);
}

describe('bko run', () => {
  it('makes a BuildJob and its Secret, shows how it fares, ends with its exit code, and removes it', async () => {
    const jobId = randomUUID();
    const run = startRun(jobId);
    let output = '';
    run.all?.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
    const { job, secret } = await madeBy(jobId);
    expect(job.spec).toMatchObject({ command: 'make test', image: 'node:24', buildkite: { jobId } });
    expect(Buffer.from(secret.data?.['BUILDKITE_AGENT_ACCESS_TOKEN'] ?? '', 'base64').toString()).toBe('token-of-the-job');
    expect(secret.metadata.ownerReferences).toMatchObject([{ kind: 'BuildJob', name: job.metadata.name, uid: job.metadata.uid }]);
    await writeStatus(job, { phase: 'Scheduling', reason: 'Unschedulable', message: 'no node can take the pod' });
    await vi.waitUntil(() => output.includes(`bko: bk-${jobId}: Scheduling: Unschedulable: no node can take the pod\n`), waiting);
    await writeStatus(job, { phase: 'Running' });
    await writeStatus(job, { phase: 'Failed', reason: 'ExitCode', exitCode: 3, message: 'container-0 ended with exit code 3' });
    const { exitCode, all } = await run;
    expect({ exitCode, left: await findJob(jobId) }).toStrictEqual({ exitCode: 3, left: undefined });
    expect(all).toContain(`bko: bk-${jobId}: Failed: ExitCode: container-0 ended with exit code 3`);
  });

  it.each([
    { how: 'stopped', signals: ['SIGTERM'] },
    { how: 'left without its terminal', signals: ['SIGHUP'] },
    { how: 'left without its terminal and stopped', signals: ['SIGHUP', 'SIGTERM'] },
  ] as const)('stops the job when it is $how, and waits for its end', async ({ signals }) => {
    const jobId = randomUUID();
    const run = startRun(jobId);
    const { job } = await madeBy(jobId);
    await writeStatus(job, { phase: 'Running' });
    for (const signal of signals) run.kill(signal);
    const cancelled = await vi.waitUntil(async () => {
      const found = await findJob(jobId);
      return found?.spec.cancelled === true ? found : undefined;
    }, waiting);
    await writeStatus(cancelled, { phase: 'Cancelled', reason: 'Cancelled', message: 'cancelled by spec.cancelled' });
    expect(await run).toMatchObject({ exitCode: 143, all: expect.stringContaining('Cancelled') });
    expect(await findJob(jobId)).toBeUndefined();
  });

  it('does not run a job a second time', async () => {
    const jobId = randomUUID();
    const first = startRun(jobId);
    const { job } = await madeBy(jobId);
    expect(await startRun(jobId)).toMatchObject({ exitCode: 192, all: expect.stringContaining('exists already (Pending, made at') });
    expect((await findJob(jobId))?.metadata.uid).toBe(job.metadata.uid);
    await writeStatus(job, { phase: 'Succeeded', reason: 'Completed', exitCode: 0 });
    expect(await first).toMatchObject({ exitCode: 0 });
  });

  it('ends where its BuildJob is deleted, and does not make it again', async () => {
    const jobId = randomUUID();
    const run = startRun(jobId);
    const { job } = await madeBy(jobId);
    await server.jobs.delete({ namespace, name: job.metadata.name }, {}, signal);
    expect(await run).toMatchObject({ exitCode: 190, all: expect.stringContaining('was deleted by somebody else') });
    expect(await findJob(jobId)).toBeUndefined();
  });

  it('leaves nothing for ever where it is killed', async () => {
    const jobId = randomUUID();
    const run = startRun(jobId);
    const { job, secret } = await madeBy(jobId);
    run.kill('SIGKILL');
    expect(await run).toMatchObject({ signal: 'SIGKILL' });
    expect((await findJob(jobId))?.spec.ttlSecondsAfterFinished).toBe(600);
    expect(secret.metadata.ownerReferences).toMatchObject([{ uid: job.metadata.uid }]);
  });
});

/** A way to the API server on which the first answer to each new object is lost, so that it is sent again. */
function losingAnswers(transport: Transport): Transport {
  return {
    request: async (request, within) => {
      if (request.method === 'POST') await transport.request({ method: 'POST', path: request.path, body: request.body }, within);
      return transport.request(request, within);
    },
    stream: (request, within) => transport.stream(request, within),
    close: () => transport.close(),
  };
}

describe('a run whose first answers are lost', () => {
  it('knows its own BuildJob and Secret again', async () => {
    const jobId = randomUUID();
    const job = outsideJob({ jobId, namespace, runId: randomUUID(), variables: { CI: 'true' }, command: 'make', settings: [] });
    const told: string[] = [];
    const ending = runJob(
      job,
      {
        transport: losingAnswers(server.transport),
        write: async () => {},
        tell: line => void told.push(line),
        logger: createLogger('bko', 'silent'),
      },
      signal,
    );
    const made = await madeBy(jobId);
    expect(made.secret.metadata.ownerReferences).toMatchObject([{ uid: made.job.metadata.uid }]);
    await writeStatus(made.job, { phase: 'Succeeded', reason: 'Completed', exitCode: 0 });
    expect(await ending).toStrictEqual({ exitCode: 0 });
    expect(await findJob(jobId)).toBeUndefined();
  });
});
