import { type BuildJob, type BuildJobStatus, buildJobResource, reportEndingFinalizer } from '@buildkite-operator/crds';
import { type Simulator, startSimulator } from '@buildkite-operator/e2e-simulator';
import { RawCaller, type RawJob } from '@buildkite-operator/e2e-simulator/testing/raw-agent';
import { defineResource, type Live, Reflector } from '@buildkite-operator/kube';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import { JobTestServer } from '@buildkite-operator/podspec/testing/job-test-server';
import { createLogger, createMetricsRegistry, sleep, systemClock } from '@buildkite-operator/service';
import { StacksClient } from '@buildkite-operator/stacks-api';
import { Notices } from '../notices.ts';
import { ReportingMetrics } from '../reporting-metrics.ts';
import { runReporting } from '../run-reporting.ts';
import { queue } from './reported-job.ts';

const waitMs = 60_000;
const namespace = sampleJob().metadata.namespace;

/** A real API server, the simulator of Buildkite, and one reporting at a time between them. No controller: tests write the statuses. */
export class ReportingBed implements AsyncDisposable {
  readonly server: JobTestServer;
  readonly simulator: Simulator;
  readonly signal = AbortSignal.timeout(300_000);
  readonly #intake: StacksClient;
  #running: { readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined;

  private constructor(server: JobTestServer, simulator: Simulator) {
    this.server = server;
    this.simulator = simulator;
    this.#intake = this.#client();
  }

  static async start(): Promise<ReportingBed> {
    const [server, simulator] = await Promise.all([JobTestServer.start(), startSimulator({ queues: [queue] })]);
    const bed = new ReportingBed(server, simulator);
    await bed.#intake.register({ queueKey: queue }, bed.signal);
    return bed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopReporting();
    await this.#intake.close();
    await this.simulator.stop();
    await this.server[Symbol.asyncDispose]();
  }

  /** As a new leader begins: with empty caches and no memory. */
  startReporting(): void {
    const stop = new AbortController();
    const { signal } = stop;
    const logger = createLogger('test', 'silent');
    const { transport, jobs, pods } = this.server;
    const resource = defineResource<BuildJob>(buildJobResource);
    const reflector = new Reflector({ transport, resource, namespace, logger });
    const client = this.#client();
    const metrics = new ReportingMetrics(createMetricsRegistry('test'), reflector.store);
    const stacksOf = (name: string) => (name === queue ? client : undefined);
    const common = { stacksOf, clock: systemClock, logger, metrics };
    const notices = new Notices({ ...common, collectMs: 50, backoff: { initialMs: 50, maxMs: 200 } });
    const deps = { ...common, jobs: { client: jobs, store: reflector.store }, pods: { client: pods }, notices };
    const running = [reflector.run(signal), notices.run(signal), runReporting(deps, signal)];
    const close = async () => {
      await Promise.all(running);
      await client.close();
    };
    this.#running = { stop, ended: close() };
  }

  /** Ends what a test has begun. Throws when Buildkite's rules were broken. */
  async settle(): Promise<void> {
    await this.stopReporting();
    await this.simulator.control.clearFaults();
    const entries = await this.simulator.control.referee();
    await this.simulator.control.clearReferee();
    if (entries.length > 0) throw new Error(`the referee has entries: ${JSON.stringify(entries)}`);
  }

  async stopReporting(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.ended;
    this.#running = undefined;
  }

  /** A job of Buildkite, reserved and made into a BuildJob as the jobspawner does it. */
  async takeJob(metadata: Partial<BuildJob['metadata']> = {}): Promise<string> {
    const { id } = await this.simulator.control.createJob('true', { step: { agents: { queue } } });
    await this.#intake.reserveJobs({ jobIds: [id], expirySeconds: 600 }, this.signal);
    const { metadata: _sample, ...job } = sampleJob({ buildkite: { jobId: id, queue } });
    const finalizers = [reportEndingFinalizer];
    await this.server.jobs.create({ ...job, metadata: { name: `bk-${id}`, namespace, finalizers, ...metadata } }, {}, this.signal);
    return id;
  }

  /** Writes the status as the controller would. */
  async setStatus(jobId: string, status: BuildJobStatus): Promise<void> {
    await this.server.jobs.mergePatch({ name: `bk-${jobId}`, namespace }, { status }, { subresource: 'status' }, this.signal);
  }

  async deleteJob(jobId: string): Promise<void> {
    await this.server.jobs.delete({ name: `bk-${jobId}`, namespace }, {}, this.signal);
  }

  /** The BuildJob, once it is so; undefined stands for one that is gone. */
  async whenJob(jobId: string, isSo: (job: Live<BuildJob> | undefined) => boolean): Promise<Live<BuildJob> | undefined> {
    const deadline = AbortSignal.timeout(waitMs);
    for (;;) {
      const job = await this.server.jobs.find({ name: `bk-${jobId}`, namespace }, {}, deadline);
      if (isSo(job)) return job;
      await sleep(50, deadline);
    }
  }

  /** The lines on the page of the job, once there are so many. */
  async whenTold(jobId: string, count: number): Promise<string[]> {
    const deadline = AbortSignal.timeout(waitMs);
    for (;;) {
      const notifications = await this.simulator.control.notifications(jobId);
      if (notifications.length >= count) return notifications.map(({ detail }) => detail);
      await sleep(50, deadline);
    }
  }

  /** An agent takes the job and begins to run it. */
  async startAgent(jobId: string): Promise<RawJob> {
    const agent = await new RawCaller(this.simulator).register(this.simulator.agentToken);
    return agent.start(jobId);
  }

  #client(): StacksClient {
    return new StacksClient({
      stackKey: 'test-installation',
      tokens: { current: async () => this.simulator.agentToken, after: async () => undefined },
      baseUrl: new URL(`${this.simulator.url}/`),
      logger: createLogger('test', 'silent'),
      backoff: { initialMs: 20, maxMs: 200 },
    });
  }
}

/** Whether the BuildJob is let go, or gone. */
export function isLetGo(job: Live<BuildJob> | undefined): boolean {
  return job?.metadata.finalizers === undefined || !job.metadata.finalizers.includes(reportEndingFinalizer);
}
