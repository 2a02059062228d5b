import type { Endpoint } from './endpoints.ts';
import { isStacksApiError, StacksApiError } from './stacks-api-error.ts';

/** What the tries of one call have come to so far, so that its end can say whether the server may have acted. */
export class CallHistory {
  readonly #endpoint: Endpoint;
  #underWay = 0;
  #mayHaveActed = false;
  #lastFailure: StacksApiError | undefined;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Runs one exchange with the server. */
  async during<T>(exchange: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      const result = await exchange();
      this.#underWay -= 1;
      return result;
    } catch (thrown) {
      // An exchange that was broken off stays under way: nobody knows what becomes of it.
      if (isStacksApiError(thrown)) {
        this.#underWay -= 1;
        this.#mayHaveActed ||= thrown.mayHaveActed;
        this.#lastFailure = thrown;
      }
      throw thrown;
    }
  }

  /** The error of a call whose time is up. */
  timeout(deadlineMs: number): StacksApiError {
    const { name, effect } = this.#endpoint;
    return new StacksApiError('Timeout', `${name}: did not succeed within ${deadlineMs} ms`, {
      endpoint: name,
      mayHaveActed: effect !== 'none' && (this.#underWay > 0 || this.#mayHaveActed),
      cause: this.#lastFailure,
    });
  }

  /** The failure of the last try as the failure of the whole call. */
  conclude(thrown: unknown): unknown {
    if (!isStacksApiError(thrown)) return thrown;
    const mayHaveActed = thrown.mayHaveActed || this.#mayHaveActed;
    const isUnclear = mayHaveActed && this.#endpoint.effect === 'once';
    if (!isUnclear && mayHaveActed === thrown.mayHaveActed) return thrown;
    const { endpoint, status, requestId, retryAfterMs, details } = thrown;
    const options = { endpoint, status, requestId, retryAfterMs, mayHaveActed, details, cause: thrown };
    if (!isUnclear) return new StacksApiError(thrown.code, thrown.message, options);
    return new StacksApiError('UnknownOutcome', `${endpoint}: no clear answer, it may have taken effect`, options);
  }
}
