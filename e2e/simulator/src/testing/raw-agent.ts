import { gzipSync } from 'node:zlib';
import type { Simulator } from '../simulator.ts';

/** An answer of the agent API. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed if it is JSON, else the text. */
  readonly body: unknown;
}

/** Calls the agent API as nobody in particular, so that a test can break every rule. */
export class RawCaller {
  readonly #url: string;

  constructor(simulator: Pick<Simulator, 'url'>) {
    this.#url = simulator.url;
  }

  async call(method: string, path: string, token?: string, body?: unknown, headers: Record<string, string> = {}): Promise<RawAnswer> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const content = body === undefined ? undefined : isRaw ? Buffer.from(body) : JSON.stringify(body);
    const response = await fetch(`${this.#url}/${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Token ${token}` }),
        ...(body === undefined || isRaw ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text) };
  }

  async register(registrationToken: string, registration: Record<string, unknown> = {}): Promise<RawAgent> {
    const { body } = await this.call('POST', 'register', registrationToken, { hostname: 'raw', ...registration });
    return new RawAgent(this, member(body, 'id'), member(body, 'access_token'));
  }
}

/** A registered agent that does only what it is told. */
export class RawAgent {
  readonly caller: RawCaller;
  readonly id: string;
  readonly token: string;

  constructor(caller: RawCaller, id: string, token: string) {
    this.caller = caller;
    this.id = id;
    this.token = token;
  }

  call(method: string, path: string, body?: unknown): Promise<RawAnswer> {
    return this.caller.call(method, path, this.token, body);
  }

  async acquire(jobId: string): Promise<RawJob> {
    const { status, body } = await this.call('PUT', `jobs/${jobId}/acquire`);
    if (status !== 200) throw new Error(`acquire was answered ${status}: ${JSON.stringify(body)}`);
    return new RawJob(this.caller, jobId, member(body, 'token'));
  }

  async start(jobId: string): Promise<RawJob> {
    const job = await this.acquire(jobId);
    await job.start();
    return job;
  }
}

/** A job that an agent has acquired. */
export class RawJob {
  readonly caller: RawCaller;
  readonly id: string;
  readonly token: string;

  constructor(caller: RawCaller, id: string, token: string) {
    this.caller = caller;
    this.id = id;
    this.token = token;
  }

  /** Calls a path below `jobs/<id>`. */
  call(method: string, path: string, body?: unknown): Promise<RawAnswer> {
    return this.caller.call(method, path === '' ? `jobs/${this.id}` : `jobs/${this.id}/${path}`, this.token, body);
  }

  start(startedAt = '2026-01-01T00:00:00Z'): Promise<RawAnswer> {
    return this.call('PUT', 'start', { started_at: startedAt });
  }

  chunk(sequence: number, offset: number, text: string, size = Buffer.byteLength(text)): Promise<RawAnswer> {
    return this.caller.call(
      'POST',
      `jobs/${this.id}/chunks?sequence=${sequence}&offset=${offset}&size=${size}`,
      this.token,
      gzipSync(text),
      {
        'Content-Type': 'text/plain',
        'Content-Encoding': 'gzip',
      },
    );
  }

  finish(exitStatus = 0, finishedAt = '2026-01-01T00:00:10Z'): Promise<RawAnswer> {
    return this.call('PUT', 'finish', { exit_status: String(exitStatus), finished_at: finishedAt, chunks_failed_count: 0 });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A text member of an answer. */
export function member(body: unknown, name: string): string {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  if (typeof value !== 'string') throw new Error(`${name} is missing in ${JSON.stringify(body)}`);
  return value;
}
