import {
  type BackoffPolicy,
  type Clock,
  formatPath,
  isAbort,
  type Logger,
  monotonicClock,
  OperatorError,
  retry,
  systemClock,
  withDeadline,
} from '@buildkite-operator/service';
import { type Dispatcher, Pool } from 'undici';
import type { z } from 'zod';
import { readAnswerHeaders } from './answer-headers.ts';
import { CallHistory } from './call-history.ts';
import { type Endpoint, endpoints } from './endpoints.ts';
import { failedAnswer, parseJson } from './failed-answer.ts';
import { networkFailure } from './network-failure.ts';
import { type LimitReport, RateLimiter } from './rate-limiter.ts';
import { judgeFailure } from './retry-rule.ts';
import { isStacksApiError, StacksApiError } from './stacks-api-error.ts';
import type { StacksApiMetrics } from './stacks-api-metrics.ts';
import type { TokenSource } from './token-source.ts';

export interface StacksTransportOptions {
  /** Base URL of the API, ending in its version. */
  readonly baseUrl: URL;
  readonly tokens: TokenSource;
  readonly logger: Logger;
  readonly metrics?: StacksApiMetrics | undefined;
  readonly userAgent: string;
  readonly maxConnections: number;
  /** How long one try may take, its answer included. */
  readonly tryMs: number;
  readonly attempts: number;
  readonly backoff: BackoffPolicy;
  /** For Retry-After dates. */
  readonly clock?: Clock | undefined;
}

export interface StacksCall {
  readonly endpoint: Endpoint;
  /** After the base URL, without a leading slash, escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** For the whole call, with all tries and waits. */
  readonly deadlineMs: number;
}

/** How a 2xx answer is read. It is reported to the caller as failed when this throws. */
type Reader<T> = (answer: Dispatcher.ResponseData) => Promise<T>;

/** More than any documented answer can have: 1000 jobs of a list, or one job with commands of several megabytes. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** Shorter than load balancers keep an idle connection, so that we close it first and no call meets a connection that is closing. */
const idleMs = 20_000;

/** Sends calls, within the rate limits, again where the retry rule says so. All failures are StacksApiErrors but an abort's reason. */
export class StacksTransport {
  readonly #options: StacksTransportOptions;
  readonly #logger: Logger;
  readonly #pool: Pool;
  readonly #limiters: ReadonlyMap<string, RateLimiter>;
  #closed: Promise<void> | undefined;

  constructor(options: StacksTransportOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ component: 'stacks-api' });
    this.#limiters = new Map(Object.values(endpoints).map(({ scope, perSecond }) => [scope, new RateLimiter(perSecond, monotonicClock)]));
    this.#pool = new Pool(options.baseUrl.origin, {
      connections: options.maxConnections,
      connect: { timeout: 5000 },
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
      maxResponseSize: maxAnswerBytes,
    });
  }

  /** Sends a call and returns what its answer holds. */
  fetch<T>(call: StacksCall, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return this.#call(call, async answer => parseAnswer(call.endpoint, answer.statusCode, await answer.body.text(), schema), signal);
  }

  /** Sends a call of which only the status counts: whatever happens to the body of a 2xx, it has taken effect. */
  run(call: StacksCall, signal: AbortSignal): Promise<void> {
    const ignore = () => undefined;
    return this.#call(call, answer => answer.body.dump().then(ignore, ignore), signal);
  }

  /** Waits for calls under way and closes every connection. */
  close(): Promise<void> {
    this.#closed ??= this.#pool.close();
    return this.#closed;
  }

  async #call<T>(call: StacksCall, read: Reader<T>, signal: AbortSignal): Promise<T> {
    const { endpoint, deadlineMs } = call;
    const history = new CallHistory(endpoint);
    const endsAt = monotonicClock.now() + deadlineMs;
    const leftMs = () => endsAt - monotonicClock.now();
    const tries = (limited: AbortSignal) =>
      retry(
        () => this.#try(call, read, history, leftMs(), limited),
        {
          attempts: this.#options.attempts,
          backoff: this.#options.backoff,
          judge: thrown => judgeFailure(thrown, endpoint, leftMs()),
          onRetry: (error, attempt, delayMs) => {
            if (isStacksApiError(error)) this.#options.metrics?.retries.inc({ endpoint: endpoint.name, code: error.code });
            this.#logger.debug({ endpoint: endpoint.name, error, attempt, delayMs }, 'call failed, trying again');
          },
        },
        limited,
      );
    try {
      return await withDeadline(deadlineMs, () => history.timeout(deadlineMs), tries, signal);
    } catch (thrown) {
      throw signal.aborted ? signal.reason : history.conclude(thrown);
    }
  }

  /** One try; when the token is refused and another has taken its place, the request, which had no effect, is sent once more. */
  async #try<T>(call: StacksCall, read: Reader<T>, history: CallHistory, leftMs: number, signal: AbortSignal): Promise<T> {
    const token = await this.#token(call.endpoint, () => this.#options.tokens.current());
    try {
      return await this.#exchange(call, read, history, { token, leftMs }, signal);
    } catch (thrown) {
      if (!isStacksApiError(thrown, 'Unauthorized')) throw thrown;
      const other = await this.#token(call.endpoint, () => this.#options.tokens.after(token));
      if (other === undefined) throw thrown;
      return this.#exchange(call, read, history, { token: other, leftMs }, signal);
    }
  }

  async #token<T>(endpoint: Endpoint, get: () => Promise<T>): Promise<T> {
    try {
      return await get();
    } catch (cause) {
      if (!(cause instanceof OperatorError)) throw cause;
      throw new StacksApiError('TokenUnreadable', cause.message, { endpoint: endpoint.name, cause });
    }
  }

  async #exchange<T>(
    call: StacksCall,
    read: Reader<T>,
    history: CallHistory,
    { token, leftMs }: { token: string; leftMs: number },
    signal: AbortSignal,
  ): Promise<T> {
    const permit = await this.#permit(call.endpoint, leftMs, signal);
    let report: LimitReport = {};
    const learn = (learnt: LimitReport) => {
      report = learnt;
    };
    try {
      const { tryMs } = this.#options;
      return await history.during(() =>
        withDeadline(
          tryMs,
          cause => noAnswer(call.endpoint, tryMs, cause),
          s => this.#send(call, read, token, learn, s),
          signal,
        ),
      );
    } finally {
      permit.done(report);
    }
  }

  async #permit(endpoint: Endpoint, leftMs: number, signal: AbortSignal) {
    const limiter = this.#limiters.get(endpoint.scope);
    if (limiter === undefined) throw new OperatorError('NoLimiter', `the scope ${endpoint.scope} has no limiter`);
    const startedAt = monotonicClock.now();
    const permit = await limiter.acquire(leftMs, signal);
    this.#options.metrics?.limiterWait.observe({ endpoint: endpoint.name }, (monotonicClock.now() - startedAt) / 1000);
    if (!('waitMs' in permit)) return permit;
    const message = `${endpoint.name}: not sent, the server wants no calls for ${Math.ceil(permit.waitMs)} ms`;
    throw new StacksApiError('RateLimited', message, { endpoint: endpoint.name, retryAfterMs: permit.waitMs });
  }

  async #send<T>(call: StacksCall, read: Reader<T>, token: string, learn: (report: LimitReport) => void, signal: AbortSignal): Promise<T> {
    const { endpoint } = call;
    const startedAt = monotonicClock.now();
    let status = 'aborted';
    try {
      const answer = await this.#pool.request(this.#request(call, token, signal));
      const headers = readAnswerHeaders(answer.headers, (this.#options.clock ?? systemClock).now());
      learn({ ...headers, quietMs: headers.retryAfterMs });
      status = String(answer.statusCode);
      if (answer.statusCode >= 200 && answer.statusCode < 300) return await read(answer);
      const body = await answer.body.text().catch(() => '');
      const failure = failedAnswer(endpoint, { status: answer.statusCode, headers, body, token });
      // A 429 closes the endpoint for all callers, if only for one window.
      learn({ ...headers, quietMs: failure.retryAfterMs ?? (failure.status === 429 ? 1000 : undefined) });
      throw failure;
    } catch (thrown) {
      if (signal.aborted && !isStacksApiError(thrown)) throw signal.reason;
      const failure = networkFailure(endpoint, thrown);
      if (failure.status === 0) status = failure.code;
      throw failure;
    } finally {
      this.#options.metrics?.requests.inc({ endpoint: endpoint.name, status });
      this.#options.metrics?.requestDuration.observe({ endpoint: endpoint.name }, (monotonicClock.now() - startedAt) / 1000);
    }
  }

  #request({ endpoint, path, query = {}, body }: StacksCall, token: string, signal: AbortSignal): Dispatcher.RequestOptions {
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
    const text = given.size === 0 ? '' : `?${given.toString()}`;
    return {
      method: endpoint.method,
      path: `${this.#options.baseUrl.pathname.replace(/\/$/, '')}/${path}${text}`,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'user-agent': this.#options.userAgent,
        authorization: `Token ${token}`,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    };
  }
}

function noAnswer(endpoint: Endpoint, ms: number, cause: unknown): StacksApiError {
  const message = `${endpoint.name}: no answer within ${ms} ms`;
  // The abort that we caused ourselves explains nothing.
  const why = isAbort(cause) ? undefined : cause;
  return new StacksApiError('Timeout', message, { endpoint: endpoint.name, mayHaveActed: endpoint.effect !== 'none', cause: why });
}

function parseAnswer<T>(endpoint: Endpoint, status: number, text: string, schema: z.ZodType<T>): T {
  const options = { endpoint: endpoint.name, status, mayHaveActed: endpoint.effect !== 'none' };
  const value = parseJson(text);
  // Nothing of the answer goes into the messages: it may be a job's environment.
  if (value === undefined)
    throw new StacksApiError('NotJson', `${endpoint.name}: ${status} with ${text.length} characters, not JSON`, options);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(issue => `${formatPath(issue.path)}: ${issue.message}`).join('; ');
  throw new StacksApiError('BadAnswer', `${endpoint.name}: ${status} without what we need: ${problems}`, options);
}
