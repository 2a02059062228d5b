import type { BuildJob } from '@buildkite-operator/crds';
import type { JobView, RefereeEntry } from '@buildkite-operator/e2e-simulator';
import { type BuildJobInput, type BuildJobRecord, TestbedSession } from '@buildkite-operator/e2e-testbed';
import type { Live } from '@buildkite-operator/kube';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';

/** The testbed of a test file; after each test nothing of it may be left, and the referee must have no entry about it. */
export interface TestbedHandle {
  readonly session: TestbedSession;
  /** Lets a job wait in the simulator. The repository is only named, unless the test checks it out. */
  createJob(command: string, options?: Parameters<TestbedSession['simulator']['createJob']>[1]): Promise<JobView>;
  /** Makes its BuildJob. */
  start(job: JobView, input?: BuildJobInput): Promise<Live<BuildJob>>;
  /** Both, to the end in Buildkite and in Kubernetes. */
  run(command: string, options?: Parameters<TestbedSession['simulator']['createJob']>[1], input?: BuildJobInput): Promise<FinishedJob>;
  /** The job's log without the agent's time codes. */
  log(jobId: string): Promise<Buffer>;
  /** Entries of the referee that the test expects, so that they are not held against it. */
  expectBreaches(matches: (entry: RefereeEntry) => boolean): void;
}

/** A job after its end, as both sides tell it. */
export interface FinishedJob {
  readonly job: JobView;
  readonly record: BuildJobRecord;
}

const unusedRepository = 'http://git.invalid/unused.git';

/** Call once at the top of a test file. */
export function useTestbed(): TestbedHandle {
  let session: TestbedSession | undefined;
  let jobIds: string[] = [];
  let expected: ((entry: RefereeEntry) => boolean)[] = [];
  const connected = () => {
    if (session === undefined) throw new Error('the testbed is not connected yet: use it inside a test');
    return session;
  };

  beforeAll(async () => {
    session = await TestbedSession.connect(inject('testbed'));
  });
  afterEach(async () => {
    const ids = new Set(jobIds);
    const breaches = (await connected().simulator.referee()).filter(entry => entry.jobId !== undefined && ids.has(entry.jobId));
    const unexpected = breaches.filter(entry => !expected.some(matches => matches(entry)));
    jobIds = [];
    expected = [];
    await connected().waitForNothingLeft([...ids]);
    expect(unexpected).toEqual([]);
  });
  afterAll(async () => {
    await session?.close();
  });

  const handle: TestbedHandle = {
    get session() {
      return connected();
    },
    async createJob(command, options = {}) {
      const job = await connected().simulator.createJob(command, { repository: unusedRepository, ...options });
      jobIds.push(job.id);
      return job;
    },
    start: (job, input) => connected().createBuildJob(job, input),
    async run(command, options, input) {
      const job = await handle.createJob(command, options);
      const buildJob = await handle.start(job, input);
      const [finished, record] = await Promise.all([
        connected().simulator.waitForJob(job.id, 'ended', 90_000),
        connected().waitForEnd(buildJob),
      ]);
      return { job: finished, record };
    },
    log: jobId => connected().simulator.jobLog(jobId, { strip: true }),
    expectBreaches: matches => {
      expected.push(matches);
    },
  };
  return handle;
}
