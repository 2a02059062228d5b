import { setTimeout as delay } from 'node:timers/promises';
import {
  type BuildEnvironment,
  type BuildJob,
  type BuildJobSpec,
  buildEnvironmentResource,
  buildJobResource,
  isFinal,
  type Phase,
} from '@buildkite-operator/crds';
import { type Kubectl, kubectlFor } from '@buildkite-operator/e2e-operator';
import { type JobView, SimulatorClient } from '@buildkite-operator/e2e-simulator';
import {
  builtin,
  createTransport,
  defineResource,
  type Event,
  type Live,
  loadClusterAccess,
  type Pod,
  Reflector,
  ResourceClient,
  type Secret,
} from '@buildkite-operator/kube';
import { labelKeys, managedByValue } from '@buildkite-operator/podspec';
import { createLogger } from '@buildkite-operator/service';
import { type BuildJobRecord, BuildJobWatch } from './build-job-watch.ts';
import { GitRepository } from './git-repository.ts';
import { PodWatch } from './pod-watch.ts';
import type { TestbedInfo } from './start-testbed.ts';

const buildJobs = defineResource<BuildJob>(buildJobResource);
const buildEnvironments = defineResource<BuildEnvironment>(buildEnvironmentResource);

/** How long a job may take from BuildJob to its end where a test does not say. */
const jobTimeoutMs = 240_000;

/** For calls that are made while the API server or the webhooks may be away. */
export const patiently = { attempts: 100, deadlineMs: 60_000 };

/** Tests that kill the API server must not miss what comes and goes soon after it is back. */
const watchBackoff = { initialMs: 200, maxMs: 1000 };

/** What `createBuildJob` fills in: everything but what the test is about. */
export type BuildJobInput = Partial<BuildJobSpec> & { readonly name?: string };

/** A test file's connection to the running testbed. */
export class TestbedSession {
  readonly info: TestbedInfo;
  readonly simulator: SimulatorClient;
  readonly kubectl: Kubectl;
  readonly jobs: ResourceClient<BuildJob>;
  readonly environments: ResourceClient<BuildEnvironment>;
  readonly pods: ResourceClient<Pod>;
  readonly secrets: ResourceClient<Secret>;
  readonly events: ResourceClient<Event>;
  readonly watch: BuildJobWatch;
  readonly podWatch: PodWatch;
  readonly signal: AbortSignal;
  readonly #close: () => Promise<void>;

  private constructor(
    info: TestbedInfo,
    parts: Pick<TestbedSession, 'kubectl' | 'jobs' | 'environments' | 'pods' | 'secrets' | 'events' | 'watch' | 'podWatch' | 'signal'>,
    close: () => Promise<void>,
  ) {
    this.info = info;
    this.simulator = new SimulatorClient(info.simulatorOrigin);
    this.kubectl = parts.kubectl;
    this.jobs = parts.jobs;
    this.environments = parts.environments;
    this.pods = parts.pods;
    this.secrets = parts.secrets;
    this.events = parts.events;
    this.watch = parts.watch;
    this.podWatch = parts.podWatch;
    this.signal = parts.signal;
    this.#close = close;
  }

  /** Connects; from now on every BuildJob of the namespace and every pod of one is remembered. */
  static async connect(info: TestbedInfo): Promise<TestbedSession> {
    const logger = createLogger('testbed', 'silent');
    const access = await loadClusterAccess({ kubeconfig: info.kubeconfigPath });
    const transport = createTransport({ access, logger });
    const stop = new AbortController();
    const reflector = new Reflector<BuildJob>({ transport, resource: buildJobs, namespace: info.namespace, logger, backoff: watchBackoff });
    const podReflector = new Reflector<Pod>({
      transport,
      resource: builtin.pods,
      namespace: info.namespace,
      labelSelector: { matchLabels: { [labelKeys.managedBy]: managedByValue } },
      logger,
      backoff: watchBackoff,
    });
    const watch = new BuildJobWatch(reflector.store);
    const podWatch = new PodWatch(podReflector.store);
    const running = Promise.all([reflector.run(stop.signal), podReflector.run(stop.signal)]);
    await Promise.all([reflector.store.waitForSync(stop.signal), podReflector.store.waitForSync(stop.signal)]);
    const parts = {
      kubectl: await kubectlFor({ kubeconfigPath: info.kubeconfigPath }),
      jobs: new ResourceClient(transport, buildJobs),
      environments: new ResourceClient(transport, buildEnvironments),
      pods: new ResourceClient(transport, builtin.pods),
      secrets: new ResourceClient(transport, builtin.secrets),
      events: new ResourceClient(transport, builtin.events),
      watch,
      podWatch,
      signal: stop.signal,
    };
    return new TestbedSession(info, parts, async () => {
      stop.abort();
      await running;
      await transport.close();
    });
  }

  async close(): Promise<void> {
    await this.#close();
  }

  /** Makes a real repository that both git servers serve. */
  createRepository(name: string, files: Readonly<Record<string, string>>): Promise<GitRepository> {
    return GitRepository.create(this.info.repositories, name, files);
  }

  /** Makes the BuildJob for a job that waits in the simulator; without a checkout and in the dash image where `input` does not say. */
  async createBuildJob(job: JobView, input: BuildJobInput = {}): Promise<Live<BuildJob>> {
    const { name = `bk-${job.id}`, ...spec } = input;
    const command = job.command === undefined ? {} : { command: job.command };
    return this.jobs.create(
      {
        apiVersion: 'buildkite-operator.io/v1alpha1',
        kind: 'BuildJob',
        metadata: { name, namespace: this.info.namespace },
        spec: {
          buildkite: { jobId: job.id, pipeline: job.pipelineSlug },
          image: this.info.images.dash,
          checkout: { skip: true },
          cancelled: false,
          ...command,
          ...spec,
        },
      },
      patiently,
      this.signal,
    );
  }

  /** Waits until the BuildJob reaches the phase (or ends). */
  async waitForPhase(job: Live<BuildJob>, phase: Phase, timeoutMs = jobTimeoutMs): Promise<BuildJobRecord> {
    const record = await this.watch.waitFor(
      job.metadata.uid,
      phase,
      ({ phases }) => phases.some(seen => seen.phase === phase || isFinal(seen.phase)),
      timeoutMs,
    );
    if (!record.phases.some(seen => seen.phase === phase))
      throw new Error(`BuildJob ${job.metadata.name} ended before it was ${phase}: ${JSON.stringify(record.last.status, null, 2)}`);
    return record;
  }

  /** Waits for the BuildJob's final status. */
  async waitForEnd(job: Live<BuildJob>, timeoutMs = jobTimeoutMs): Promise<BuildJobRecord> {
    return this.watch.waitFor(job.metadata.uid, 'finished', ({ last }) => isFinal(last.status?.phase), timeoutMs);
  }

  /** Waits until the job has ended in Buildkite and in Kubernetes; both views of its end. */
  async waitForBothEnds(
    job: JobView,
    buildJob: Live<BuildJob>,
    timeoutMs = jobTimeoutMs,
  ): Promise<{ readonly job: JobView; readonly record: BuildJobRecord }> {
    const [ended, record] = await Promise.all([
      this.simulator.waitForJob(job.id, 'ended', timeoutMs),
      this.waitForEnd(buildJob, timeoutMs),
    ]);
    return { job: ended, record };
  }

  /** Waits until the BuildJob has Events that fit, and gives those that do; throws with all it has after `timeoutMs`. */
  async waitForEvents(job: Live<BuildJob>, fits: (event: Live<Event>) => boolean, timeoutMs = 90_000): Promise<Live<Event>[]> {
    const { namespace, name, uid } = job.metadata;
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { items } = await this.events.list({ namespace, fieldSelector: { 'regarding.uid': uid } }, patiently, this.signal);
      const fitting = items.filter(event => fits(event));
      if (fitting.length > 0) return fitting;
      if (Date.now() > deadline) {
        const seen = items.map(({ type, reason, note }) => `${type} ${reason}: ${note}`).join('\n');
        throw new Error(`BuildJob ${name} does not have the Event after ${timeoutMs / 1000} s; it has:\n${seen}`);
      }
      await delay(250);
    }
  }

  /** The pod of a Buildkite job, if it exists. */
  async findPod(jobId: string): Promise<Live<Pod> | undefined> {
    const { items } = await this.pods.list(
      { namespace: this.info.namespace, labelSelector: { matchLabels: { [labelKeys.jobId]: jobId } } },
      {},
      this.signal,
    );
    return items[0];
  }

  /** Deletes every BuildJob of these Buildkite jobs; their pods get their grace period. */
  async removeBuildJobs(jobIds: readonly string[]): Promise<void> {
    const { items } = await this.jobs.list({ namespace: this.info.namespace }, {}, this.signal);
    const concerned = items.filter(({ spec }) => jobIds.includes(spec.buildkite.jobId));
    await Promise.all(concerned.map(job => this.jobs.delete(job.metadata, {}, this.signal)));
  }

  /** Waits until neither BuildJob nor pod of these Buildkite jobs exists; throws with what is left. */
  async waitForNothingLeft(jobIds: readonly string[], timeoutMs = 90_000): Promise<void> {
    const wanted = new Set(jobIds);
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const left = await this.#remains(id => wanted.has(id));
      if (left.length === 0) return;
      if (Date.now() > deadline) throw new Error(`still there after ${timeoutMs / 1000} s: ${left.join(', ')}`);
      await delay(250);
    }
  }

  async #remains(concerns: (jobId: string) => boolean): Promise<string[]> {
    const { namespace } = this.info;
    const [jobs, pods] = await Promise.all([
      this.jobs.list({ namespace }, patiently, this.signal),
      this.pods.list({ namespace, labelSelector: { matchLabels: { [labelKeys.managedBy]: managedByValue } } }, patiently, this.signal),
    ]);
    return [
      ...jobs.items.filter(job => concerns(job.spec.buildkite.jobId)).map(job => `BuildJob ${job.metadata.name} (${job.status?.phase})`),
      ...pods.items
        .filter(pod => concerns(pod.metadata.labels?.[labelKeys.jobId] ?? ''))
        .map(pod => `Pod ${pod.metadata.name} (${pod.status?.phase})`),
    ];
  }
}
