import {
  type Clock,
  describeIssues,
  errorMessage,
  type Logger,
  monotonicClock,
  parseRetryAfter,
  retry,
  systemClock,
} from '@buildkite-operator/service';
import type { Dispatcher } from 'undici';
import type { ClusterAccess } from './cluster-access.ts';
import { type Connection, ConnectionPools } from './connection-pools.ts';
import { withDeadline } from './deadline.ts';
import { isKubeError, KubeError } from './kube-error.ts';
import type { KubeMetrics } from './kube-metrics.ts';
import { networkError } from './network-error.ts';
import { resourceOfPath } from './resource-of-path.ts';
import { isIdempotentByNature, judgeFailure } from './retry-rule.ts';
import { statusError } from './status-error.ts';
import type { KubeRequest, Query, StreamRequest, Transport } from './transport.ts';

export interface TransportOptions {
  readonly access: ClusterAccess;
  readonly logger: Logger;
  readonly metrics?: KubeMetrics;
  /** Connections for calls; streams have their own, one each. Default 32. */
  readonly maxConnections?: number;
  /** How long one try of a call that may be repeated takes at most, before the next; default 10 s. */
  readonly tryMs?: number;
  /** For Retry-After dates. */
  readonly clock?: Clock;
}

/** Connects to an API server; opens nothing until the first call. */
export function createTransport(options: TransportOptions): Transport {
  return new HttpTransport(options);
}

const defaultDeadlineMs = 30_000;
const defaultAttempts = 5;
const backoff = { initialMs: 100, maxMs: 5000 };
const commonHeaders = { accept: 'application/json', 'user-agent': 'buildkite-operator' };

class HttpTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #logger: Logger;
  readonly #pools: ConnectionPools;
  readonly #prefix: string;
  readonly #clock: Clock;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ component: 'kube-transport' });
    this.#pools = new ConnectionPools(options.access, options.maxConnections ?? 32);
    this.#prefix = options.access.server.pathname.replace(/\/$/, '');
    this.#clock = options.clock ?? systemClock;
  }

  async request<T>(request: KubeRequest<T>, signal: AbortSignal): Promise<T> {
    const call = `${request.method} ${request.path}`;
    const deadlineMs = request.deadlineMs ?? defaultDeadlineMs;
    const isIdempotent = request.idempotent ?? isIdempotentByNature(request);
    // What must not be sent twice gets all the time there is.
    const tryMs = isIdempotent ? Math.min(this.#options.tryMs ?? 10_000, deadlineMs) : deadlineMs;
    let lastFailure: unknown;
    const tryAgain = (limited: AbortSignal) =>
      retry(
        () => withDeadline(call, tryMs, signal => this.#measured(request, () => this.#send(call, request, signal)), limited),
        {
          attempts: request.attempts ?? defaultAttempts,
          backoff,
          judge: thrown => judgeFailure(thrown, isIdempotent),
          onRetry: (thrown, attempt, delayMs) => {
            lastFailure = thrown;
            this.#noteRetry(call, thrown, attempt, delayMs);
          },
        },
        limited,
      );
    try {
      return await withDeadline(call, deadlineMs, tryAgain, signal);
    } catch (thrown) {
      // The deadline passed between tries: what they met says more than that.
      const sayMore = lastFailure !== undefined && isKubeError(thrown, 'Timeout') && thrown !== lastFailure && !signal.aborted;
      throw sayMore ? new KubeError('Timeout', thrown.message, { cause: lastFailure }) : thrown;
    }
  }

  async stream(request: StreamRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    signal.throwIfAborted();
    const call = `GET ${request.path}`;
    try {
      const answer = await this.#exchange(connection =>
        connection.streams.request({
          method: 'GET',
          path: this.#path(request.path, request.query),
          headers: { ...commonHeaders, ...connection.headers },
          signal,
          headersTimeout: request.headersMs ?? 30_000,
          bodyTimeout: 0,
        }),
      );
      if (answer.statusCode !== 200) throw await this.#failure(call, answer);
      return withKubeErrors(call, answer.body, signal);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw networkError(call, thrown);
    }
  }

  async close(): Promise<void> {
    await this.#pools.close();
  }

  async #send<T>(call: string, request: KubeRequest<T>, signal: AbortSignal): Promise<T> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    try {
      const answer = await this.#exchange(connection =>
        connection.calls.request({
          method: request.method,
          path: this.#path(request.path, request.query),
          headers: {
            ...commonHeaders,
            ...connection.headers,
            ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
          },
          body: body ?? null,
          signal,
        }),
      );
      if (answer.statusCode < 200 || answer.statusCode >= 300) throw await this.#failure(call, answer);
      return parseAnswer(call, request, await answer.body.text());
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw networkError(call, thrown);
    }
  }

  /** One exchange; a refused token is read anew and the request, which the server has not looked at, sent once more. */
  async #exchange(send: (connection: Connection) => Promise<Dispatcher.ResponseData>): Promise<Dispatcher.ResponseData> {
    const answer = await send(await this.#connection());
    if (answer.statusCode !== 401) return answer;
    await answer.body.dump();
    this.#pools.refused();
    return send(await this.#connection());
  }

  async #connection(): Promise<Connection> {
    try {
      return await this.#pools.connection();
    } catch (cause) {
      const details = { sent: false };
      throw new KubeError('Unreachable', `cannot read the credentials for the API server: ${errorMessage(cause)}`, { cause, details });
    }
  }

  async #failure(call: string, answer: Dispatcher.ResponseData): Promise<KubeError> {
    const text = await answer.body.text();
    const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], this.#clock.now());
    return statusError(parseJson(text) ?? text, { call, status: answer.statusCode, retryAfterMs });
  }

  #path(path: string, query: Query = {}): string {
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) given.set(name, String(value));
    }
    const text = given.toString();
    return `${this.#prefix}${path}${text === '' ? '' : `?${text}`}`;
  }

  async #measured<T>(request: KubeRequest<T>, send: () => Promise<T>): Promise<T> {
    const { metrics } = this.#options;
    const labels = { method: request.method, resource: resourceOfPath(request.path) };
    const startedAt = monotonicClock.now();
    let code = 'ok';
    try {
      return await send();
    } catch (thrown) {
      code = isKubeError(thrown) ? thrown.code : 'aborted';
      throw thrown;
    } finally {
      metrics?.requests.inc({ ...labels, code });
      metrics?.requestDuration.observe(labels, (monotonicClock.now() - startedAt) / 1000);
    }
  }

  #noteRetry(call: string, error: unknown, attempt: number, delayMs: number): void {
    this.#options.metrics?.requestRetries.inc({ code: isKubeError(error) ? error.code : 'unknown' });
    this.#logger.debug({ call, error, attempt, delayMs }, 'call failed, trying again');
  }
}

function parseAnswer<T>(call: string, request: KubeRequest<T>, text: string): T {
  const value = parseJson(text);
  if (value === undefined && text !== '') throw new KubeError('BadAnswer', `${call}: the answer is not JSON: ${text.slice(0, 200)}`);
  if (request.schema === undefined) return value as T;
  const parsed = request.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new KubeError('BadAnswer', `${call}: the answer is not what it should be:\n${describeIssues(parsed.error, value)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function* withKubeErrors(call: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* body;
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw networkError(call, thrown);
  }
}
