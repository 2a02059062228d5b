import { defaultPolicy } from '@buildkite-operator/config';
import type { BuildEnvironment, BuildJob, BuildJobSpec } from '@buildkite-operator/crds';
import {
  builtin,
  type ControllerSource,
  EventRecorder,
  type KubeObject,
  type Live,
  type Pod,
  ResourceClient,
  Store,
} from '@buildkite-operator/kube';
import type { PodDefaults } from '@buildkite-operator/podspec';
import { podDefaults, sampleEnvironment, sampleJob } from '@buildkite-operator/podspec/testing';
import { createLogger, createMetricsRegistry, metricPrefix, type Registry } from '@buildkite-operator/service';
import { mayHaveBegun } from '../acquisition.ts';
import { type BuildJobDependencies, buildJobSources, reconcileBuildJob } from '../controller.ts';
import { BuildJobMetrics } from '../metrics.ts';
import { ownerName, ownerNameIndex } from '../orphans.ts';
import { isOutside } from '../pod-containers.ts';
import { lostNodeMarginMs } from '../pod-ending.ts';
import { buildJobs } from '../resources.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { ended, type PodFacts, running, startMs, withStatus } from './kubelet-pod.ts';

const logger = createLogger('controller-test', 'silent');
const allRun = { agent: running(), checkout: running(), 'container-0': running() };

/** One copy of the controller, with its own caches. */
interface Replica {
  readonly deps: BuildJobDependencies;
  readonly jobs: Store<BuildJob>;
  readonly pods: Store<Pod>;
  readonly registry: Registry;
  readonly recorder: EventRecorder;
}

/** The controller with everything around it: API server, node and clock, all moved by hand. */
export class ControllerWorld {
  readonly server: FakeApiServer;
  readonly environments = new Store<BuildEnvironment>();
  readonly #replicas: readonly Replica[];
  readonly #spec: Partial<BuildJobSpec>;
  readonly #acquired = new Map<string, ReadonlySet<string>>();
  readonly #cutOff = new Set<string>();
  #nowMs = startMs;
  #leader = 0;
  #holdsEvents = false;
  #defaults: Partial<PodDefaults> = {};

  /** With jobs that ask for this, unless told otherwise. */
  constructor(ttlSecondsAfterFinished = 0, spec: Partial<BuildJobSpec> = {}) {
    this.#spec = spec;
    const clock = { now: () => this.#nowMs };
    const transport = new FakeApiServer(clock);
    this.server = transport;
    this.#replicas = [0, 1].map(() => {
      const jobs = new Store<BuildJob>();
      const registry = createMetricsRegistry('test');
      const pods = new Store<Pod>({ indexes: { [ownerNameIndex]: ownerName } });
      const recorder = new EventRecorder({ transport, component: 'controller', instance: 'test', logger, clock, burst: 10_000 });
      const deps: BuildJobDependencies = {
        jobs: { client: new ResourceClient(transport, buildJobs), store: jobs },
        pods: { client: new ResourceClient(transport, builtin.pods), store: pods },
        environments: { store: this.environments },
        events: recorder,
        config: () => ({
          defaults: { ...podDefaults, timeoutSeconds: 100, pendingTimeoutSeconds: 50, ttlSecondsAfterFinished, ...this.#defaults },
          policy: defaultPolicy,
          startFailureGraceSeconds: 30,
          unschedulableGraceSeconds: 600,
          maxPods: 3,
        }),
        clock,
        logger,
        metrics: new BuildJobMetrics(registry, jobs),
      };
      return { deps, jobs, pods, registry, recorder };
    });
  }

  /** Makes a BuildJob. */
  addJob(spec: Partial<BuildJobSpec> = this.#spec, name = 'bk-job'): string {
    const { metadata, ...job } = sampleJob(spec);
    this.server.put('buildjobs', { ...job, metadata: { namespace: metadata.namespace, generation: 1, name } });
    return `${metadata.namespace}/${name}`;
  }

  addEnvironment(name: string): void {
    const { metadata, ...environment } = sampleEnvironment(name);
    this.environments.set({
      ...environment,
      metadata: { ...metadata, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    });
  }

  /** From now on the operator's defaults are these. */
  changeConfig(defaults: Partial<PodDefaults>): void {
    this.#defaults = defaults;
  }

  /** A metric of the leader, as it is scraped. */
  async figures(name: string): Promise<string> {
    return (await this.#replicas[this.#leader]?.registry.getSingleMetricAsString(`${metricPrefix}${name}`)) ?? '';
  }

  wait(seconds: number): void {
    this.#nowMs += seconds * 1000;
  }

  /** Brings caches up to date: the leader's, or those of the replica given; only some of them where that is asked. */
  sync({ replica = this.#leader, jobs = true, pods = true } = {}): void {
    const caches = this.#replicas[replica];
    if (jobs) fill(caches?.jobs, this.server.jobs);
    if (pods) fill(caches?.pods, this.server.pods);
  }

  /** The other replica leads from now on, with the caches that it has. */
  failOver(): void {
    this.#leader = 1 - this.#leader;
  }

  /** Whether Events wait with their leader instead of going out after each reconcile. */
  set holdsEvents(holds: boolean) {
    this.#holdsEvents = holds;
  }

  /** What the leader's work queue would be fed from. */
  sources(): ControllerSource[] {
    const { deps } = this.#replicas[this.#leader] ?? {};
    return deps === undefined ? [] : buildJobSources(deps);
  }

  /** One reconcile. What it throws is told, as the work queue would log it. */
  async reconcile(key: string): Promise<unknown> {
    const { deps, recorder } = this.#replicas[this.#leader] ?? {};
    if (deps === undefined) throw new Error('there is no leader');
    try {
      return await reconcileBuildJob(key, deps, AbortSignal.timeout(10_000));
    } catch (error) {
      return error;
    } finally {
      if (!this.#holdsEvents) await recorder?.run(AbortSignal.abort());
    }
  }

  /** Reconciles on current caches until nothing changes any more. */
  async settle(key: string): Promise<void> {
    for (let quiet = 0, round = 0; quiet < 2; round += 1) {
      if (round === 200) throw new Error(`${key} does not come to rest`);
      const before = this.server.version;
      this.sync();
      const result = await this.reconcile(key);
      quiet = result instanceof Error || before !== this.server.version ? 0 : quiet + 1;
    }
  }

  /** Changes a BuildJob's spec, as a user does. */
  changeJob(change: Partial<BuildJobSpec>): void {
    for (const job of this.server.jobs) this.server.put('buildjobs', withSpec(job, change));
  }

  /** What the scheduler and the kubelet say of every pod. One that has ended, or that no node has or can report of, stays as it is. */
  report(facts: PodFacts): void {
    for (const pod of this.server.pods.filter(one => !hasTerminated(one) && this.#isReachable(one))) {
      const reported = withStatus(pod, isOutside(pod) ? inTurn(facts) : facts);
      // What has started is not reported as waiting again.
      if (mayHaveBegun(pod) && !mayHaveBegun(reported)) continue;
      const kept = pod.status?.conditions?.filter(({ type }) => type === 'DisruptionTarget') ?? [];
      const conditions = [...(reported.status?.conditions ?? []), ...kept];
      this.#putStatus(reported, { ...reported.status, conditions });
      if (mayHaveBegun(reported)) this.#begins(pod);
    }
  }

  /** Nodes are not heard of again, and go on with what they have: a pod without an agent of its own begins. */
  cutNodesOff(): void {
    for (const pod of this.server.pods.filter(one => isOutside(one) && one.spec?.nodeName !== undefined && this.#isReachable(one))) {
      if (hasTerminated(pod)) continue;
      this.#cutOff.add(pod.metadata.uid);
      this.#begins(pod);
    }
  }

  runPods(): void {
    this.report({ containers: allRun });
  }

  endPods(exitCode: number): void {
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
    this.report({ phase, containers: { agent: ended(exitCode), checkout: ended(0), 'container-0': ended(exitCode) } });
  }

  /** The cluster takes every pod that has not ended away, as Kubernetes marks it; its node has yet to end it. */
  disruptPods(reason: string): void {
    for (const pod of this.server.pods.filter(one => !hasTerminated(one))) {
      const conditions = [...(pod.status?.conditions ?? []), { type: 'DisruptionTarget', status: 'True', reason, message: 'by a test' }];
      this.#putStatus(pod, { ...pod.status, conditions });
      this.server.deleteByHand('pods', pod.metadata.name);
    }
  }

  /** Their nodes refuse the pods that they have not begun with. */
  refusePods(): void {
    for (const pod of this.server.pods.filter(
      ({ metadata, status }) =>
        !this.#cutOff.has(metadata.uid) && (status?.containerStatuses ?? []).length === 0 && (status?.phase ?? 'Pending') === 'Pending',
    ))
      this.server.put('pods', withStatus(pod, { phase: 'Failed', reason: 'OutOfcpu', message: 'Pod was rejected: too little cpu' }));
  }

  /** Which pods of each owner have come so far that they may have begun with the job, by the owner's uid. */
  get acquired(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#acquired;
  }

  /** The kubelet ends pods that are to go, each container that it has started, and confirms it. */
  sweepNodes(): void {
    for (const pod of this.server.pods.filter(
      ({ metadata }) => metadata.deletionTimestamp !== undefined && !this.#cutOff.has(metadata.uid),
    )) {
      const [containerStatuses, initContainerStatuses] = [pod.status?.containerStatuses, pod.status?.initContainerStatuses].map(list =>
        (list ?? []).map(status => (status.state?.running === undefined ? status : { ...status, state: ended(255) })),
      );
      const status = {
        ...pod.status,
        phase: 'Failed',
        ...(containerStatuses && { containerStatuses }),
        ...(initContainerStatuses && { initContainerStatuses }),
      };
      const stopped: Live<Pod> = hasTerminated(pod) ? pod : { ...pod, status };
      this.server.put('pods', { ...stopped, metadata: { ...stopped.metadata, deletionGracePeriodSeconds: 0 } });
    }
  }

  #begins({ metadata }: Live<Pod>): void {
    const owner = metadata.ownerReferences?.[0]?.uid ?? '';
    this.#acquired.set(owner, new Set([...(this.#acquired.get(owner) ?? []), metadata.uid]));
  }

  #putStatus(pod: Live<Pod>, status: Pod['status']): void {
    const changed: Live<Pod> = { ...pod, ...(status !== undefined && { status }) };
    this.server.put('pods', changed);
  }

  /** A pod that goes without its node, and one whose node has not answered for so long that it counts as lost, does not start. */
  #isReachable({ metadata }: Live<Pod>): boolean {
    if (this.#cutOff.has(metadata.uid)) return false;
    const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
    if (deletionTimestamp === undefined) return true;
    return deletionGracePeriodSeconds !== 0 && Date.parse(deletionTimestamp) + lostNodeMarginMs > this.#nowMs;
  }

  /** Somebody deletes the pods, or the BuildJobs. */
  deleteByHand(plural: 'pods' | 'buildjobs'): void {
    const objects = plural === 'pods' ? this.server.pods : this.server.jobs;
    for (const { metadata } of objects) this.server.deleteByHand(plural, metadata.name);
  }
}

/** Without an agent, the checkout has ended when the command starts. */
function inTurn(facts: PodFacts): PodFacts {
  const { checkout, ...others } = facts.containers ?? {};
  if (checkout?.running === undefined || others['container-0']?.waiting !== undefined) return facts;
  return { ...facts, containers: { ...others, checkout: ended(0) } };
}

function hasTerminated({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function fill<T extends KubeObject>(store: Store<T> | undefined, objects: readonly Live<T>[]): void {
  for (const object of objects) store?.set(object);
  store?.retainOnly(new Set(objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)));
  store?.markSynced();
}

function withSpec(job: Live<BuildJob>, change: Partial<BuildJobSpec>): Live<BuildJob> {
  return { ...job, metadata: { ...job.metadata, generation: 2 }, spec: { ...job.spec, ...change } };
}
