import type { Clock } from '@buildkite-operator/service';

/** A clock that stands still until a test moves it. */
export class MovableClock implements Clock {
  #now = 1_700_000_000_000;

  now(): number {
    return this.#now;
  }

  pass(ms: number): void {
    this.#now += ms;
  }
}
