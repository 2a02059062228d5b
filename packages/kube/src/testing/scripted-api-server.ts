import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { OperatorError } from '@buildkite-operator/service';
import type { ClusterAccess } from '../cluster-access.ts';
import type { KubeObject } from '../kube-object.ts';

/** How long `next` waits for a request. */
const patienceMs = 10_000;

/**
 * An HTTP server that answers nothing by itself: the test takes each request and says what happens to it. For the cases that
 * a real API server cannot be made to show.
 */
export class ScriptedApiServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #arrived: Exchange[] = [];
  readonly #takers: ((exchange: Exchange) => void)[] = [];
  #connections = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(): Promise<ScriptedApiServer> {
    const http = createServer();
    const server = new ScriptedApiServer(http);
    http.on('connection', () => {
      server.#connections += 1;
    });
    http.on('request', (request, response) => void server.#arrive(request, response));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return server;
  }

  /** For `createTransport`, with the given headers as credentials. */
  access(headers: () => Record<string, string> = () => ({})): ClusterAccess {
    const { port } = this.#server.address() as AddressInfo;
    return {
      server: new URL(`http://127.0.0.1:${port}`),
      namespace: undefined,
      readCredentials: async () => ({ headers: headers(), tls: {} }),
    };
  }

  /** How many connections were made to it so far. */
  get connections(): number {
    return this.#connections;
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #arrive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const exchange = new Exchange(request, response, await text(request));
      const taker = this.#takers.shift();
      if (taker === undefined) this.#arrived.push(exchange);
      else taker(exchange);
    } catch {
      // The client hung up while it sent: there is nothing to answer.
      response.destroy();
    }
  }
}

/** One request, and the ways to answer it. */
export class Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  /** Parsed JSON; undefined when there is none. */
  readonly body: unknown;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, body: string) {
    const url = new URL(request.url ?? '/', 'http://server');
    this.method = request.method ?? '';
    this.path = url.pathname;
    this.query = Object.fromEntries(url.searchParams);
    this.headers = request.headers;
    this.body = body === '' ? undefined : JSON.parse(body);
    this.#response = response;
  }

  json(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.text(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  }

  text(status: number, body: string, headers: Record<string, string> = {}): void {
    this.#response.writeHead(status, headers).end(body);
  }

  /** A failure as the API server words it. */
  failure(status: number, reason: string, extra: Record<string, unknown> = {}, headers: Record<string, string> = {}): void {
    this.json(status, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code: status, message: reason, ...extra }, headers);
  }

  /** A list of one page. */
  list(resourceVersion: string, items: readonly KubeObject[], next?: string): void {
    this.json(200, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion, continue: next }, items });
  }

  /** Cuts the connection without an answer. */
  cut(): void {
    this.#response.socket?.resetAndDestroy();
  }

  /** Begins a watch. */
  watch(): ScriptedWatch {
    this.#response.writeHead(200, { 'content-type': 'application/json' });
    this.#response.flushHeaders();
    return new ScriptedWatch(this.#response);
  }
}

/** The server's end of a watch. */
export class ScriptedWatch {
  readonly #response: ServerResponse;
  readonly #closed: Promise<unknown>;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.#closed = once(response, 'close');
  }

  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void {
    this.raw(`${JSON.stringify({ type, object })}\n`);
  }

  bookmark(resourceVersion: string, { endsInitialEvents = false } = {}): void {
    const annotations = endsInitialEvents ? { 'k8s.io/initial-events-end': 'true' } : undefined;
    this.raw(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Any', metadata: { resourceVersion, annotations } } })}\n`);
  }

  error(code: number, reason: string): void {
    this.raw(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', status: 'Failure', reason, code, message: reason } })}\n`);
  }

  raw(bytes: string | Buffer): void {
    this.#response.write(bytes);
  }

  /** Ends it as the server does when its time is up. */
  end(): void {
    this.#response.end();
  }

  /** Resets the connection. */
  cut(): void {
    this.#response.socket?.resetAndDestroy();
  }

  /** Resolves when the client has gone. */
  async closed(): Promise<void> {
    await this.#closed;
  }
}
