import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { defaultConfigMapName } from '@buildkite-operator/config';
import { type ApiServer, startApiServer } from '@buildkite-operator/e2e-cluster';
import {
  builtin,
  type CustomResourceDefinition,
  createTransport,
  loadClusterAccess,
  ResourceClient,
  type Transport,
} from '@buildkite-operator/kube';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import { createLogger } from '@buildkite-operator/service';
import type { ServiceProcess } from '@buildkite-operator/service/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { buildJobs } from './buildjob/resources.ts';
import { startController } from './testing/controller-process.ts';

const signal = new AbortController().signal;
const until = <T>(condition: () => Promise<T> | T) => vi.waitFor(condition, { timeout: 60_000, interval: 50 });

let server: ApiServer;
let transport: Transport;
let controller: ServiceProcess;

beforeAll(async () => {
  server = await startApiServer();
  transport = createTransport({
    access: await loadClusterAccess({ kubeconfig: server.kubeconfigPath }),
    logger: createLogger('test', 'silent'),
  });
  for (const name of ['operator', 'ci']) await new ResourceClient(transport, builtin.namespaces).create({ metadata: { name } }, {}, signal);
  for (const file of ['buildjobs.yaml', 'buildenvironments.yaml']) {
    const text = await readFile(resolve(import.meta.dirname, '../../../deploy/base/crds', file), 'utf8');
    const definition: CustomResourceDefinition = parse(text);
    await new ResourceClient(transport, builtin.customResourceDefinitions).create(definition, {}, signal);
  }
  controller = await startController(server.kubeconfigPath, 'operator');
});
afterAll(async () => {
  await controller?.[Symbol.asyncDispose]();
  await transport?.close();
  await server?.stop();
});

function configure(data: Record<string, string>) {
  const metadata = { name: defaultConfigMapName, namespace: 'operator' };
  return new ResourceClient(transport, builtin.configMaps).apply({ metadata, data }, { fieldManager: 'test' }, signal);
}

const jobIdOf = (nth: number) => `066f780e-3e4d-41ae-b1ba-${String(nth).padStart(12, '0')}`;
const nameOf = (nth: number) => `bk-${jobIdOf(nth)}`;

/** Makes a BuildJob, the nth, and returns the name of its pod. */
async function makeJob(namespace: string, nth: number): Promise<string> {
  const { metadata: _metadata, ...job } = sampleJob();
  const jobId = jobIdOf(nth);
  const metadata = { namespace, name: nameOf(nth) };
  const spec = { ...job.spec, environment: undefined, image: 'debian:12', buildkite: { ...job.spec.buildkite, jobId } };
  const jobs = new ResourceClient(transport, buildJobs);
  // The API server needs a moment to serve a kind that is new to it.
  await until(() => jobs.create({ ...job, metadata, spec: JSON.parse(JSON.stringify(spec)) }, {}, signal));
  return metadata.name;
}

const pods = () => new ResourceClient(transport, builtin.pods);

/** The image of the agent in this pod, once it is there. */
async function agentImage(namespace: string, name: string): Promise<string | undefined> {
  const pod = await until(async () => {
    const found = await pods().find({ namespace, name }, {}, signal);
    expect(found, controller.log.split('\n').slice(-5).join('\n')).toBeDefined();
    return found;
  });
  return pod?.spec?.containers.find(container => container.name === 'agent')?.image;
}

const statusOf = async (namespace: string, name: string) =>
  (await new ResourceClient(transport, buildJobs).get({ namespace, name }, {}, signal)).status;

describe('a controller and its configuration:', () => {
  it('without one it is alive but not ready, and tells why', async () => {
    await until(async () => {
      const ready = await controller.get('/readyz');
      expect(ready.status).toBe(503);
      expect(ready.text).toMatch(/^config: there is no ConfigMap operator\/buildkite-operator-config: apply/m);
    });
    expect((await controller.get('/healthz')).status).toBe(200);
    expect(controller.log).toMatch(/the configuration is not usable/);
    await configure({ pod_defaults: 'agentImage: [no]' });
    await until(async () => expect((await controller.get('/readyz')).text).toMatch(/pod_defaults\.agentImage \(line 1\): must be a text/));
  });

  it('with a good one it works', async () => {
    await configure({ pod_defaults: 'agentImage: agent:1' });
    await until(async () => expect((await controller.get('/readyz')).status).toBe(200));
    expect(await agentImage('operator', await makeJob('operator', 1))).toBe('agent:1');
  });

  it('a change is in the next pod, without a restart', async () => {
    await configure({ pod_defaults: 'agentImage: agent:2' });
    await until(async () => expect((await controller.get('/metrics')).text).toMatch(/config_applied_total\{[^}]*\} 2/));
    expect(await agentImage('operator', await makeJob('operator', 2))).toBe('agent:2');
  });

  it('a change concerns the jobs that are there already', async () => {
    expect(await statusOf('operator', nameOf(1))).not.toHaveProperty('finishedTime');
    // No kubelet is here to run the pods: they have waited for more than a second by now.
    await configure({ pod_defaults: 'agentImage: agent:2\npendingTimeoutSeconds: 1\nttlSecondsAfterFinished: 3600' });
    await until(async () => expect(await statusOf('operator', nameOf(1))).toMatchObject({ phase: 'Failed', reason: 'PendingTimeout' }));
    await configure({ pod_defaults: 'agentImage: agent:2' });
  });

  it('while the ConfigMap is wrong it goes on with the last good one', async () => {
    await configure({ pod_defaults: 'agentImage: agent:3\nmaxPods: none' });
    await until(async () => expect((await controller.get('/metrics')).text).toMatch(/config_valid\{[^}]*\} 0/));
    expect((await controller.get('/readyz')).status).toBe(200);
    expect(await agentImage('operator', await makeJob('operator', 3))).toBe('agent:2');
  });

  it('in another namespace it does the jobs of that one, and leaves the old one alone', async () => {
    await configure({ job_namespace: 'ci', pod_defaults: 'agentImage: agent:4' });
    expect(await agentImage('ci', await makeJob('ci', 4))).toBe('agent:4');
    const left = await makeJob('operator', 5);
    expect(await agentImage('ci', await makeJob('ci', 6))).toBe('agent:4');
    expect(await statusOf('operator', left)).toBeUndefined();
    await configure({ pod_defaults: 'agentImage: agent:4' });
    expect(await agentImage('operator', left)).toBe('agent:4');
  });

  it('after all that it ends in order', async () => {
    expect(await controller.stop()).toBe(0);
    expect(controller.log).toMatch(/leadership released/);
  });
});
