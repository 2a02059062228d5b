import { sleep } from '@buildkite-operator/service';
import type { JobState, StacksClient } from '@buildkite-operator/stacks-api';

interface Question {
  readonly answer: PromiseWithResolvers<JobState | undefined>;
  readonly jobId: string;
}

const askDeadlineMs = 15_000;

/** Asks for the states of jobs one by one for its callers, and in batches of Buildkite: one request of a queue at a time. */
export class StateDesk {
  readonly #signal: AbortSignal;
  readonly #questions = new Map<Pick<StacksClient, 'getJobStates'>, Question[]>();
  readonly #busy = new Set<Pick<StacksClient, 'getJobStates'>>();

  readonly #collectMs: number;

  /** The signal ends all asking; questions are collected for a moment, since jobs often end together. */
  constructor(signal: AbortSignal, collectMs = 25) {
    this.#signal = signal;
    this.#collectMs = collectMs;
  }

  /** The state of the job, as told after this call; undefined where Buildkite does not name it. Throws what the client throws. */
  ask(client: Pick<StacksClient, 'getJobStates'>, jobId: string): Promise<JobState | undefined> {
    const question: Question = { jobId, answer: Promise.withResolvers() };
    this.#questions.set(client, [...(this.#questions.get(client) ?? []), question]);
    if (!this.#busy.has(client)) void this.#answerAll(client);
    return question.answer.promise;
  }

  async #answerAll(client: Pick<StacksClient, 'getJobStates'>): Promise<void> {
    this.#busy.add(client);
    for (;;) {
      await sleep(this.#collectMs, this.#signal).catch(() => undefined);
      const questions = this.#questions.get(client) ?? [];
      this.#questions.delete(client);
      if (questions.length === 0) break;
      await this.#answer(client, questions);
    }
    this.#busy.delete(client);
  }

  async #answer(client: Pick<StacksClient, 'getJobStates'>, questions: readonly Question[]): Promise<void> {
    try {
      const jobIds = questions.map(({ jobId }) => jobId);
      const { states, failed } = await client.getJobStates({ jobIds, deadlineMs: askDeadlineMs }, this.#signal);
      const errors = new Map(failed.flatMap(({ items, error }) => items.map(id => [id, error] as const)));
      for (const { jobId, answer } of questions) {
        const error = errors.get(jobId);
        if (error === undefined) answer.resolve(states.get(jobId));
        else answer.reject(error);
      }
    } catch (thrown) {
      for (const { answer } of questions) answer.reject(thrown);
    }
  }
}
