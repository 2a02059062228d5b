/** What several tests go through together: each does its part before, while something is away, and after. */
export class Outage {
  readonly #begin: Meeting;
  readonly #end: Meeting;

  /** `begin` runs once all of `parties` are ready for it, `end` once all have done their part meanwhile. */
  constructor(parties: number, begin: () => Promise<void>, end: () => Promise<void>) {
    this.#begin = new Meeting(parties, begin);
    this.#end = new Meeting(parties, end);
  }

  /** Runs the life of one party, which awaits `begins` and then `ends`. One that fails keeps no other waiting. */
  async attend<T>(life: (outage: { readonly begins: () => Promise<void>; readonly ends: () => Promise<void> }) => Promise<T>): Promise<T> {
    const [begin, end] = [this.#begin.invite(), this.#end.invite()];
    try {
      return await life({ begins: begin, ends: end });
    } catch (error) {
      // Whoever waits must go on; what comes of the meeting is for them to see.
      await Promise.allSettled([begin(), end()]);
      throw error;
    }
  }
}

/** Does something once everybody has come, and lets everybody go when it is done. */
class Meeting {
  readonly #done = Promise.withResolvers<void>();
  readonly #act: () => Promise<void>;
  #missing: number;

  constructor(parties: number, act: () => Promise<void>) {
    this.#missing = parties;
    this.#act = act;
    this.#done.promise.catch(() => undefined);
  }

  /** One party's way to come, which counts once. */
  invite(): () => Promise<void> {
    let come = false;
    return () => {
      if (!come) {
        come = true;
        this.#missing -= 1;
        if (this.#missing === 0) this.#act().then(this.#done.resolve, this.#done.reject);
      }
      return this.#done.promise;
    };
  }
}
