import { setTimeout as delay } from 'node:timers/promises';
import type { StackView } from '@buildkite-operator/e2e-simulator';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import type { Queue } from './queues.ts';

/** The stack that serves a queue, once there is one: the jobspawner may just have been installed. Throws where there are several. */
export async function stackOf({ simulator }: TestbedSession, queue: Queue, timeoutMs = 60_000): Promise<StackView> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const stacks = (await simulator.stacks()).filter(stack => stack.queue === queue);
    const [stack] = stacks;
    if (stacks.length > 1) throw new Error(`${stacks.length} stacks serve queue ${queue}, not 1`);
    if (stack !== undefined) return stack;
    if (Date.now() > deadline) throw new Error(`no stack serves queue ${queue} after ${timeoutMs / 1000} s`);
    await delay(200);
  }
}

/** How often the jobs of a queue have been listed. */
export async function pollsOf(session: TestbedSession, queue: Queue): Promise<number> {
  return (await stackOf(session, queue)).calls['list-scheduled-jobs']?.calls ?? 0;
}

/** Waits until the jobs of a queue have been listed so often. */
export async function waitForPolls(session: TestbedSession, queue: Queue, polls: number, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while ((await pollsOf(session, queue)) < polls) {
    if (Date.now() > deadline) throw new Error(`queue ${queue} was not listed ${polls} times after ${timeoutMs / 1000} s`);
    await delay(200);
  }
}
