import type { BuildEnvironmentSpec, BuildJob } from '@buildkite-operator/crds';
import type { BuildView, CreateBuildRequest, JobView, RefereeEntry } from '@buildkite-operator/e2e-simulator';
import type { Live } from '@buildkite-operator/kube';
import type { BuildJobRecord } from './build-job-watch.ts';
import { type BuildJobInput, patiently, type TestbedSession } from './connect-testbed.ts';

/** What a job that waits in the simulator is made of. */
export type JobOptions = Parameters<TestbedSession['simulator']['createJob']>[1];

/** A job after its end, as both sides tell it. */
export interface FinishedJob {
  readonly job: JobView;
  readonly record: BuildJobRecord;
}

/** States of a build with jobs that may still run. */
const openStates: ReadonlySet<BuildView['state']> = new Set(['scheduled', 'running', 'failing', 'blocked']);

const unusedRepository = 'http://git.invalid/unused.git';

/** One test's view of the testbed: it remembers what the test makes, so that `settle` can look after it. */
export class TestbedHandle {
  readonly session: TestbedSession;
  readonly #jobIds = new Set<string>();
  readonly #buildIds = new Set<string>();
  readonly #removals: (() => Promise<unknown>)[] = [];
  readonly #expected: ((entry: RefereeEntry) => boolean)[] = [];

  constructor(session: TestbedSession) {
    this.session = session;
  }

  /** Lets a job wait in the simulator. The repository is only named, unless the test checks it out. */
  async createJob(command: string, options: JobOptions = {}): Promise<JobView> {
    return this.own(await this.session.simulator.createJob(command, { repository: unusedRepository, ...options }));
  }

  /** Makes a build whose jobs, those to come too, are this test's. What has not ended by the end of the test is cancelled. */
  async createBuild(request: CreateBuildRequest): Promise<BuildView> {
    const build = await this.session.simulator.createBuild({ repository: unusedRepository, ...request });
    this.#buildIds.add(build.id);
    return build;
  }

  /** Counts a job that came about otherwise, for example by a pipeline upload, as one of this test. */
  own(job: JobView): JobView {
    this.#jobIds.add(job.id);
    return job;
  }

  /** Makes the job's BuildJob. */
  start(job: JobView, input?: BuildJobInput): Promise<Live<BuildJob>> {
    return this.session.createBuildJob(job, input);
  }

  /** Makes the BuildJob of a waiting job, and waits for the end in Buildkite and in Kubernetes. */
  async finish(job: JobView, input?: BuildJobInput): Promise<FinishedJob> {
    const buildJob = await this.start(job, input);
    const [finished, record] = await Promise.all([this.session.simulator.waitForJob(job.id, 'ended'), this.session.waitForEnd(buildJob)]);
    return { job: finished, record };
  }

  /** All of a job's life: from waiting in the simulator to its end. */
  async run(command: string, options?: JobOptions, input?: BuildJobInput): Promise<FinishedJob> {
    return this.finish(await this.createJob(command, options), input);
  }

  /** The job's log without the agent's time codes. */
  log(jobId: string): Promise<Buffer> {
    return this.session.simulator.jobLog(jobId, { strip: true });
  }

  /** Makes a Secret that goes with the test. */
  async createSecret(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    const { secrets, info, signal } = this.session;
    const metadata = { name, namespace: info.namespace };
    this.#removals.push(() => secrets.delete(metadata, {}, signal));
    await secrets.create({ metadata, stringData: { ...stringData } }, {}, signal);
  }

  /** Makes a BuildEnvironment that goes with the test. */
  async createEnvironment(name: string, spec: BuildEnvironmentSpec): Promise<void> {
    const { environments, info, signal } = this.session;
    const metadata = { name, namespace: info.namespace };
    this.#removals.push(() => environments.delete(metadata, {}, signal));
    await environments.create(
      { apiVersion: 'buildkite-operator.io/v1alpha1', kind: 'BuildEnvironment', metadata, spec },
      patiently,
      signal,
    );
  }

  /** Entries of the referee that the test expects, so that they are not held against it. */
  expectBreaches(matches: (entry: RefereeEntry) => boolean): void {
    this.#expected.push(matches);
  }

  /** After the test: takes away what it made, then nothing of its jobs may be left, and the referee must have no entry about them. */
  async settle(): Promise<void> {
    await this.#endBuilds();
    await Promise.all(this.#removals.map(remove => remove()));
    await this.#seeOut();
    const entries = await this.session.simulator.referee();
    const ours = entries.filter(({ jobId }) => jobId !== undefined && this.#jobIds.has(jobId));
    const unexpected = ours.filter(entry => !this.#expected.some(matches => matches(entry)));
    if (unexpected.length > 0)
      throw new Error(`the referee has entries that the test does not expect: ${JSON.stringify(unexpected, null, 2)}`);
  }

  async #endBuilds(): Promise<void> {
    const { simulator } = this.session;
    for (const id of this.#buildIds) {
      const { state, jobs } = await simulator.build(id);
      for (const job of jobs) this.own(job);
      if (openStates.has(state)) await simulator.cancelBuild(id);
    }
  }

  /** What does not go by itself fails the test, and is removed so that it disturbs no other. */
  async #seeOut(): Promise<void> {
    try {
      await this.session.waitForNothingLeft([...this.#jobIds]);
    } catch (leftovers) {
      await this.session.removeBuildJobs([...this.#jobIds]);
      throw leftovers;
    }
  }
}
