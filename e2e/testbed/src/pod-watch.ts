import { setTimeout as delay } from 'node:timers/promises';
import type { Live, Pod, StoreReader } from '@buildkite-operator/kube';
import { labelKeys } from '@buildkite-operator/podspec';

/** What was seen of one pod. */
export interface PodRecord {
  /** The last state seen. */
  readonly last: Live<Pod>;
  /** When it was first seen to be deleted, in milliseconds since the epoch. */
  readonly deletedAt: number | undefined;
  /** Whether the object is gone from the API server. */
  readonly gone: boolean;
}

/** Remembers every pod that a store has held, so that a test can tell how many there were for a job. */
export class PodWatch {
  readonly #records = new Map<string, PodRecord>();
  #changed = Promise.withResolvers<void>();

  constructor(store: StoreReader<Pod>) {
    store.onChange(({ type, object }) => {
      const deleted = type === 'deleted' || object.metadata.deletionTimestamp !== undefined;
      const deletedAt = this.#records.get(object.metadata.uid)?.deletedAt ?? (deleted ? Date.now() : undefined);
      this.#records.set(object.metadata.uid, { last: object, deletedAt, gone: type === 'deleted' });
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
  }

  /** Every pod that this Buildkite job has had, in the order in which they were seen. */
  ofJob(jobId: string): readonly PodRecord[] {
    return [...this.#records.values()].filter(({ last }) => last.metadata.labels?.[labelKeys.jobId] === jobId);
  }

  /** Waits until the newest pod of this Buildkite job fits; throws with its last status after `timeoutMs`. */
  async waitFor(jobId: string, what: string, fits: (pod: Live<Pod>) => boolean, timeoutMs = 120_000): Promise<Live<Pod>> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const record = this.ofJob(jobId).at(-1);
      if (record !== undefined && fits(record.last)) return record.last;
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(
          `the pod of job ${jobId} is not ${what} after ${timeoutMs / 1000} s: ${JSON.stringify(record?.last.status, null, 2)}`,
        );
      await Promise.race([this.#changed.promise, delay(Math.min(left, 500))]);
    }
  }
}
