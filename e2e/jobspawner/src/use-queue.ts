import type { CreateBuildRequest, JobView } from '@buildkite-operator/e2e-simulator';
import type { CurrentTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import type { Queue } from './queues.ts';

/** What a step has beside its command. */
export type StepInput = Readonly<Record<string, unknown>>;

/** One queue of Buildkite, for pipelines of one step. */
export interface QueueHandle {
  readonly key: Queue;
  /** A job that waits in the queue; without a checkout where its step has no plugins. */
  job(command: string, step?: StepInput, build?: Partial<CreateBuildRequest>): Promise<JobView>;
  /** So many of them in one build. */
  jobs(count: number, command: string, step?: StepInput, build?: Partial<CreateBuildRequest>): Promise<readonly JobView[]>;
}

/** The `buildkite-operator` block of steps that need no repository. */
export function block(settings: StepInput = {}): StepInput {
  return { plugins: [{ 'buildkite-operator': { checkout: { skip: true }, ...settings } }] };
}

/** The largest `parallelism` that a step may have. */
const mostOfStep = 1000;

/** The queue for the tests of a file. Nobody but the operator makes anything of its jobs. */
export function useQueue(testbed: CurrentTestbed, key: Queue): QueueHandle {
  const jobs: QueueHandle['jobs'] = async (count, command, { agents, ...step } = {}, build = {}) => {
    const steps = Array.from({ length: Math.ceil(count / mostOfStep) }, (_, index) => ({
      command,
      ...block(),
      ...step,
      agents: { queue: key, ...(agents as object | undefined) },
      ...(count > 1 && { parallelism: Math.min(mostOfStep, count - index * mostOfStep) }),
    }));
    return (await testbed.createBuild({ ...build, yaml: JSON.stringify({ steps }) })).jobs;
  };
  return {
    key,
    jobs,
    job: async (...rest) => {
      const [job] = await jobs(1, ...rest);
      if (job === undefined) throw new Error('the step made no job');
      return job;
    },
  };
}
