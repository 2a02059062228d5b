import { readFile } from 'node:fs/promises';
import { type Clock, errorMessage, type Logger, monotonicClock, OperatorError } from '@buildkite-operator/service';

/** Where the cluster's agent token comes from. */
export interface TokenSource {
  /** The token to use now. Throws `TokenUnreadable`. */
  current(): Promise<string>;
  /** The server has refused `token`: the one that has replaced it, or undefined when there is no other. */
  after(token: string): Promise<string | undefined>;
}

export interface TokenFileOptions {
  readonly path: string;
  readonly logger: Logger;
  /** How long a token is used before the file is read again, in milliseconds; default 30 s. */
  readonly rereadMs?: number;
  readonly clock?: Clock;
}

/**
 * The token in a file that may be replaced at any time, as the kubelet does with a Secret's. It is read anew every `rereadMs` and when
 * the server refuses it; when the file cannot be read for a moment, the token known so far stays in use.
 */
export class TokenFile implements TokenSource {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #rereadMs: number;
  readonly #clock: Clock;
  #known: { readonly token: string; readonly readAt: number } | undefined;
  #reading: Promise<string> | undefined;

  constructor(options: TokenFileOptions) {
    this.#path = options.path;
    this.#logger = options.logger.child({ component: 'stacks-api-token' });
    this.#rereadMs = options.rereadMs ?? 30_000;
    this.#clock = options.clock ?? monotonicClock;
  }

  async current(): Promise<string> {
    const known = this.#known;
    if (known === undefined) return this.#read();
    if (this.#clock.now() - known.readAt < this.#rereadMs) return known.token;
    try {
      return await this.#read();
    } catch (error) {
      this.#logger.warn({ error, path: this.#path }, 'cannot read the agent token again, using the one known so far');
      // Not at each call: the file is looked at again after the usual time.
      this.#known = { token: known.token, readAt: this.#clock.now() };
      return known.token;
    }
  }

  async after(token: string): Promise<string | undefined> {
    if (this.#known !== undefined && this.#known.token !== token) return this.#known.token;
    const read = await this.#read();
    return read === token ? undefined : read;
  }

  #read(): Promise<string> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOnce(): Promise<string> {
    const token = (await this.#content()).trim();
    if (!/^[\x21-\x7e]+$/.test(token)) {
      const found = token === '' ? 'is empty' : 'holds more than one word or other than ASCII characters';
      throw new OperatorError('TokenUnreadable', `${this.#path} ${found}: put a cluster's agent token (bkct_…) there, and nothing else`);
    }
    const replaced = this.#known !== undefined && this.#known.token !== token;
    this.#known = { token, readAt: this.#clock.now() };
    if (replaced) this.#logger.info({ path: this.#path }, 'the agent token was replaced');
    return token;
  }

  async #content(): Promise<string> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (cause) {
      const message = `cannot read the agent token from ${this.#path} (${errorMessage(cause)}): is the Secret mounted there?`;
      throw new OperatorError('TokenUnreadable', message, { cause });
    }
  }
}
