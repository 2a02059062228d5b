import { type BuildJob, buildJobResource } from '@buildkite-operator/crds';
import {
  defineResource,
  KubeError,
  type Live,
  objectPath,
  type Pod,
  type ReconcileResult,
  ResourceClient,
  Store,
} from '@buildkite-operator/kube';
import { MemoryApi } from '@buildkite-operator/kube/testing';
import { createLogger, createMetricsRegistry } from '@buildkite-operator/service';
import type { StacksClient } from '@buildkite-operator/stacks-api';
import { Notices } from '../notices.ts';
import { JobReporter } from '../report-job.ts';
import type { ReportingDependencies } from '../reporting-dependencies.ts';
import { ReportingMetrics } from '../reporting-metrics.ts';
import { StateDesk } from '../state-desk.ts';
import { StateWatch } from '../state-watch.ts';
import { FakeBuildkite } from './fake-buildkite.ts';
import { queue, reportedJob } from './reported-job.ts';

const signal = new AbortController().signal;
const resource = defineResource<BuildJob>(buildJobResource);

/** One BuildJob in an API server in memory, its job in Buildkite, and the reporting between them, which may be killed at any point. */
export class ReportingWorld {
  readonly buildkite = new FakeBuildkite();
  nowMs = Date.parse('2026-01-01T00:10:00Z');
  pod: Live<Pod> | undefined;
  /** Whether the answer of the next write to the API server is lost. */
  writeLost = false;
  /** Whether the queue is configured. */
  served = true;
  #reporter: JobReporter;
  #watch: StateWatch;
  readonly #api = new MemoryApi();
  readonly #store = new Store<BuildJob>();
  readonly #path: string;
  readonly #key: string;
  readonly #deps: ReportingDependencies;

  constructor() {
    const job = reportedJob({ phase: 'Pending' });
    const { name, namespace } = job.metadata;
    this.#key = `${namespace}/${name}`;
    this.#path = objectPath(resource, { name, namespace });
    this.#api.objects.set(this.#path, job as Live<BuildJob>);
    this.#api.intercept = async request => {
      const given = (request.body ?? {}) as { metadata?: { resourceVersion?: string } };
      const version = given.metadata?.resourceVersion;
      if (version !== undefined && version !== this.job?.metadata.resourceVersion)
        throw new KubeError('Conflict', 'changed', { status: 409 });
      const lost = this.writeLost && request.method !== 'GET';
      return () => {
        if (lost) throw new KubeError('Unreachable', 'the answer was lost');
      };
    };
    const clock = { now: () => this.nowMs };
    const logger = createLogger('test', 'silent');
    const metrics = new ReportingMetrics(createMetricsRegistry('test'), this.#store);
    const stacksOf = (name: string) => (name === queue && this.served ? (this.buildkite as unknown as StacksClient) : undefined);
    this.#deps = {
      jobs: { client: new ResourceClient(this.#api, resource), store: this.#store },
      pods: { client: { find: async () => this.pod } },
      stacksOf,
      notices: new Notices({ stacksOf, clock, logger, metrics }),
      clock,
      logger,
      metrics,
    };
    this.#reporter = new JobReporter(this.#deps, new StateDesk(signal, 0));
    this.#watch = new StateWatch(this.#deps);
    this.sync();
  }

  /** The BuildJob as the API server has it. */
  get job(): Live<BuildJob> | undefined {
    return this.#api.objects.get(this.#path) as Live<BuildJob> | undefined;
  }

  get isReleased(): boolean {
    return this.job?.metadata.finalizers?.length === 0;
  }

  /** Another version of the BuildJob, by the controller or by a person. */
  change(edit: (job: Live<BuildJob>) => Partial<BuildJob>): void {
    const { job } = this;
    if (job === undefined) return;
    const edited = { ...job, ...edit(job) };
    const version = String(Number(job.metadata.resourceVersion) + 1000);
    this.#api.objects.set(this.#path, { ...edited, metadata: { ...edited.metadata, resourceVersion: version } } as Live<BuildJob>);
  }

  /** Another BuildJob, known to the cache. */
  addOther(other: BuildJob): void {
    this.#store.set(other as Live<BuildJob>);
  }

  /** The cache catches up. */
  sync(): void {
    if (this.job !== undefined) this.#store.set(this.job);
  }

  /** The process is killed; a new one knows nothing. */
  restart(): void {
    this.#reporter = new JobReporter(this.#deps, new StateDesk(signal, 0));
    this.#watch = new StateWatch(this.#deps);
    this.sync();
  }

  reconcile(): Promise<ReconcileResult> {
    return this.#reporter.reconcile(this.#key, signal);
  }

  /** The lines that have been collected are sent. */
  sendNotices(): Promise<void> {
    return this.#deps.notices.flush(signal);
  }

  poll(): Promise<void> {
    return this.#watch.poll(signal);
  }
}
