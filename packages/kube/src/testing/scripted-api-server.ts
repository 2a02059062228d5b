import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ScriptedExchange, ScriptedServer } from '@buildkite-operator/service/testing';
import type { ClusterAccess } from '../cluster-access.ts';
import type { KubeObject } from '../kube-object.ts';

/** A scripted server that a transport takes for an API server. */
export class ScriptedApiServer extends ScriptedServer<Exchange> {
  static async start(): Promise<ScriptedApiServer> {
    const server = new ScriptedApiServer((...parts) => new Exchange(...parts));
    await server.listen();
    return server;
  }

  /** For `createTransport`, with the given headers as credentials. */
  access(headers: () => Record<string, string> = () => ({})): ClusterAccess {
    return { server: new URL(this.origin), namespace: undefined, readCredentials: async () => ({ headers: headers(), tls: {} }) };
  }
}

/** One request, and the ways in which an API server answers. */
export class Exchange extends ScriptedExchange {
  /** A failure as the API server words it. */
  failure(status: number, reason: string, extra: Record<string, unknown> = {}, headers: Record<string, string> = {}): void {
    this.json(status, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code: status, message: reason, ...extra }, headers);
  }

  /** A list of one page. */
  list(resourceVersion: string, items: readonly KubeObject[], next?: string): void {
    this.json(200, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion, continue: next }, items });
  }

  /** Begins a watch. */
  watch(): ScriptedWatch {
    this.response.writeHead(200, { 'content-type': 'application/json' });
    this.response.flushHeaders();
    return new ScriptedWatch(this.response);
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
