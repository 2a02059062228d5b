import { setTimeout as delay } from 'node:timers/promises';
import type { BuildJob, Phase } from '@buildkite-operator/crds';
import type { Live, StoreReader } from '@buildkite-operator/kube';

/** What was seen of one BuildJob while it existed. */
export interface BuildJobRecord {
  /** The last state seen. */
  readonly last: Live<BuildJob>;
  /** Each phase in the order in which it was reached, with the time of the observation in milliseconds. */
  readonly phases: readonly { readonly phase: Phase; readonly seenAt: number }[];
  /** Whether the object is gone from the API server. */
  readonly gone: boolean;
  /** When it was seen to be gone, in milliseconds since the epoch. */
  readonly goneAt: number | undefined;
}

/** Remembers every BuildJob that a store has held, since finished ones are removed while a test still asks about them. */
export class BuildJobWatch {
  readonly #records = new Map<string, BuildJobRecord>();
  #changed = Promise.withResolvers<void>();

  constructor(store: StoreReader<BuildJob>) {
    store.onChange(({ type, object }) => {
      const earlier = this.#records.get(object.metadata.uid)?.phases ?? [];
      const phase = object.status?.phase;
      const phases = phase === undefined || earlier.at(-1)?.phase === phase ? earlier : [...earlier, { phase, seenAt: Date.now() }];
      this.#records.set(object.metadata.uid, {
        last: object,
        phases,
        gone: type === 'deleted',
        goneAt: type === 'deleted' ? Date.now() : undefined,
      });
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
  }

  /** Everything seen so far. */
  records(): readonly BuildJobRecord[] {
    return [...this.#records.values()];
  }

  /** Waits until what was seen of the BuildJob with this uid fits; throws with the last state after `timeoutMs`, or once it is gone. */
  async waitFor(uid: string, what: string, fits: (record: BuildJobRecord) => boolean, timeoutMs = 180_000): Promise<BuildJobRecord> {
    return this.#waitFor(uid, () => this.#records.get(uid), what, fits, timeoutMs);
  }

  /** Every BuildJob that this Buildkite job has had, in the order in which they were seen. */
  ofJob(jobId: string): readonly BuildJobRecord[] {
    return this.records().filter(({ last }) => last.spec.buildkite.jobId === jobId);
  }

  /** The same as `waitFor`, for the newest BuildJob of this Buildkite job, which may still have to be made. */
  async waitForJob(jobId: string, what: string, fits: (record: BuildJobRecord) => boolean, timeoutMs = 180_000): Promise<BuildJobRecord> {
    return this.#waitFor(`of job ${jobId}`, () => this.ofJob(jobId).at(-1), what, fits, timeoutMs);
  }

  async #waitFor(
    name: string,
    find: () => BuildJobRecord | undefined,
    what: string,
    fits: (record: BuildJobRecord) => boolean,
    timeoutMs: number,
  ): Promise<BuildJobRecord> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const record = find();
      if (record !== undefined && fits(record)) return record;
      const left = deadline - Date.now();
      if (left <= 0 || record?.gone === true) {
        const state = `${record?.gone === true ? 'was gone before it was' : 'is not'} ${what}${left <= 0 ? ` after ${timeoutMs / 1000} s` : ''}`;
        throw new Error(
          `BuildJob ${record?.last.metadata.name ?? name} ${state}; its last status: ${JSON.stringify(record?.last.status, null, 2)}`,
        );
      }
      await Promise.race([this.#changed.promise, delay(Math.min(left, 500))]);
    }
  }
}
