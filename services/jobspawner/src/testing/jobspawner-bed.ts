import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ConfigInput, defaultConfigMapName } from '@buildkite-operator/config';
import type { BuildJob } from '@buildkite-operator/crds';
import { freePort } from '@buildkite-operator/e2e-cluster';
import { type Simulator, startSimulator } from '@buildkite-operator/e2e-simulator';
import { builtin, type Live, ResourceClient } from '@buildkite-operator/kube';
import { namedObjects } from '@buildkite-operator/podspec/testing';
import { JobTestServer } from '@buildkite-operator/podspec/testing/job-test-server';
import { ServiceProcess } from '@buildkite-operator/service/testing';

const { namespace } = namedObjects;
const main = resolve(import.meta.dirname, '../main.ts');

/** A real API server, the simulator of Buildkite, and as many jobspawners as a test starts. No controller: tests write the statuses. */
export class JobSpawnerBed implements AsyncDisposable {
  readonly server: JobTestServer;
  readonly simulator: Simulator;
  readonly queue = 'bk-operator';
  readonly signal = AbortSignal.timeout(540_000);
  readonly #folder: string;
  readonly #processes: ServiceProcess[] = [];

  private constructor(server: JobTestServer, simulator: Simulator, folder: string) {
    this.server = server;
    this.simulator = simulator;
    this.#folder = folder;
  }

  static async start(queues: readonly string[]): Promise<JobSpawnerBed> {
    const folder = await mkdtemp(join(tmpdir(), 'bkop-jobspawner-'));
    const [server, simulator] = await Promise.all([JobTestServer.start(), startSimulator({ queues })]);
    await writeFile(join(folder, 'token'), simulator.agentToken);
    return new JobSpawnerBed(server, simulator, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map(process => process.kill()));
    await this.simulator.stop();
    await this.server[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Puts the configuration of the jobspawner in force. */
  async configure(config: ConfigInput['job_spawner_config']): Promise<void> {
    const pod_defaults = JSON.stringify({ agentImage: 'agent:1', agentEndpoint: this.simulator.url });
    const data = { pod_defaults, job_spawner_config: JSON.stringify(config) };
    const metadata = { name: defaultConfigMapName, namespace };
    await new ResourceClient(this.server.transport, builtin.configMaps).apply({ metadata, data }, { fieldManager: 'test' }, this.signal);
  }

  /** Starts one more replica. */
  async startJobSpawner(name = 'jobspawner-1'): Promise<ServiceProcess> {
    const started = new ServiceProcess(main, await freePort(), {
      KUBECONFIG: this.server.kubeconfigPath,
      POD_NAME: name,
      POD_NAMESPACE: namespace,
      AGENT_TOKEN_FILE: join(this.#folder, 'token'),
      LEASE_DURATION_SECONDS: '3',
      LOG_LEVEL: 'debug',
    });
    this.#processes.push(started);
    return started;
  }

  /** Lets a job of one step wait. */
  async createJob(agents: Readonly<Record<string, string>> = {}, step: Readonly<Record<string, unknown>> = {}, pipelineSlug?: string) {
    const job = await this.simulator.control.createJob('true', {
      step: { agents: { queue: this.queue, ...agents }, ...step },
      ...(pipelineSlug !== undefined && { pipeline: { slug: pipelineSlug } }),
    });
    return job.id;
  }

  async buildJobs(): Promise<readonly Live<BuildJob>[]> {
    return (await this.server.jobs.list({ namespace }, {}, this.signal)).items;
  }

  /** As the controller would, when the job's agent has run it. */
  async finish({ metadata }: Live<BuildJob>): Promise<void> {
    const status = { phase: 'Succeeded', reason: 'Completed', exitCode: 0, finishedTime: new Date().toISOString() };
    await this.server.jobs.mergePatch(metadata, { status }, { subresource: 'status' }, this.signal);
  }
}
