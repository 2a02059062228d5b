import { type CurrentTestbed, held, makePriorityClass, makeQuota, release } from '@buildkite-operator/e2e-testbed/vitest';
import { jobMs } from './patience.ts';
import { block, type QueueHandle } from './use-queue.ts';

/** A quota in which a running job has taken the last room. */
export interface FullQuota extends AsyncDisposable {
  readonly name: string;
  /** What a job's block has so that it needs the quota's room. */
  readonly settings: { readonly priorityClassName: string };
  /** Ends the job that fills it, and waits for that. */
  empty(): Promise<void>;
}

/** Makes a quota for one pod, and fills it by a job of this queue. */
export async function fillQuota(testbed: CurrentTestbed, queue: QueueHandle): Promise<FullQuota> {
  await using making = new AsyncDisposableStack();
  const { session } = testbed;
  const priority = making.use(await makePriorityClass(testbed, 1));
  const quota = making.use(await makeQuota(testbed, priority.name, { pods: '1' }));
  const settings = { priorityClassName: priority.name };
  const holder = await queue.job(held, block(settings));
  await session.simulator.waitForJob(holder.id, 'running', jobMs);
  const made = making.move();
  return {
    name: quota.name,
    settings,
    async empty() {
      await release(session, holder);
      await session.simulator.waitForJob(holder.id, 'finished', jobMs);
    },
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}
