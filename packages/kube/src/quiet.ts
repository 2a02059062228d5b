/** Notices that a stream has gone quiet: its signal is aborted when `ms` pass without `heard()`, or when the given one is. */
export class Quiet implements Disposable {
  readonly #ms: number;
  readonly #own = new AbortController();
  readonly #outer: AbortSignal;
  readonly #onAbort = () => this.#own.abort(this.#outer.reason);
  readonly #timer: NodeJS.Timeout;
  #isDead = false;

  constructor(ms: number, signal: AbortSignal) {
    this.#ms = ms;
    this.#outer = signal;
    this.#timer = setTimeout(() => {
      this.#isDead = true;
      this.#own.abort();
    }, this.#ms);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  /** Whether it was the quiet that ended the stream. */
  get isDead(): boolean {
    return this.#isDead;
  }

  heard(): void {
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#onAbort);
  }
}
