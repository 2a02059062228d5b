import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { OperatorError } from '../errors.ts';

/** How long `next` waits for a request. */
const patienceMs = 10_000;

/** Makes what a test handles of a request: a `ScriptedExchange`, or one that speaks an API's words. */
export type ExchangeFactory<Exchange> = (request: IncomingMessage, response: ServerResponse, body: string) => Exchange;

/**
 * An HTTP server on a free port of 127.0.0.1 that answers nothing by itself: the test takes each request and says what happens to it. For
 * the cases that a real server cannot be made to show. A subclass gives it a `start` that calls `listen`.
 */
export abstract class ScriptedServer<Exchange extends ScriptedExchange> implements AsyncDisposable {
  readonly #http = createServer();
  readonly #exchangeOf: ExchangeFactory<Exchange>;
  readonly #arrived: Exchange[] = [];
  readonly #takers: ((exchange: Exchange) => void)[] = [];
  #handle: ((exchange: Exchange) => void) | undefined;
  #connections = 0;
  #requests = 0;

  protected constructor(exchangeOf: ExchangeFactory<Exchange>) {
    this.#exchangeOf = exchangeOf;
    this.#http.on('connection', () => {
      this.#connections += 1;
    });
    this.#http.on('request', (request, response) => void this.#arrive(request, response));
  }

  protected async listen(): Promise<void> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
  }

  get origin(): string {
    const { port } = this.#http.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** How many connections were made to it so far. */
  get connections(): number {
    return this.#connections;
  }

  /** How many requests have come so far. */
  get requests(): number {
    return this.#requests;
  }

  /** How many requests have come that were not yet taken. */
  get waiting(): number {
    return this.#arrived.length;
  }

  /** Takes the next request. Throws `NoRequest` when none comes within 10 s. */
  async next(): Promise<Exchange> {
    const arrived = this.#arrived.shift();
    if (arrived !== undefined) return arrived;
    const taken = Promise.withResolvers<Exchange>();
    this.#takers.push(taken.resolve);
    const timer = setTimeout(() => {
      this.#takers.splice(this.#takers.indexOf(taken.resolve), 1);
      taken.reject(new OperatorError('NoRequest', `no request within ${patienceMs} ms`));
    }, patienceMs);
    try {
      return await taken.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** From now on every request goes to `handle`. */
  handleAll(handle: (exchange: Exchange) => void): void {
    this.#handle = handle;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  async #arrive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests += 1;
    try {
      const exchange = this.#exchangeOf(request, response, await text(request));
      const taker = this.#handle ?? this.#takers.shift();
      if (taker === undefined) this.#arrived.push(exchange);
      else taker(exchange);
    } catch {
      // The client hung up while it sent: there is nothing to answer.
      response.destroy();
    }
  }
}

/** One request, and the ways to answer it. */
export class ScriptedExchange {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  /** Parsed JSON; undefined when there is none. */
  readonly body: unknown;
  protected readonly response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, body: string) {
    const url = new URL(request.url ?? '/', 'http://server');
    this.method = request.method ?? '';
    this.path = url.pathname;
    this.query = Object.fromEntries(url.searchParams);
    this.headers = request.headers;
    this.body = body === '' ? undefined : JSON.parse(body);
    this.response = response;
  }

  json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.text(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  }

  text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
    this.response.writeHead(status, headers).end(body);
  }

  /** Resets the connection without an answer. */
  cut(): void {
    this.response.socket?.resetAndDestroy();
  }

  /** Sends the headers and the beginning of a body, and nothing more. */
  begin(status: number, beginning: string): void {
    this.response.writeHead(status, { 'content-type': 'application/json', 'content-length': '1000000' });
    this.response.write(beginning);
  }

  /** Sends the headers and the beginning of a body, then resets the connection. */
  cutInBody(status: number, beginning: string): void {
    this.begin(status, beginning);
    // Only what has left the buffer can be cut off.
    setTimeout(() => this.cut(), 20);
  }
}
