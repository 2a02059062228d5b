import { createHash } from 'node:crypto';
import { monotonicClock } from '@buildkite-operator/service';
import { type Dispatcher, Pool } from 'undici';
import type { ClusterAccess, Credentials } from './cluster-access.ts';

/** A way to send requests as somebody whom the server knows. */
export interface Connection {
  /** For calls: a bounded number of connections, kept open. */
  readonly calls: Dispatcher;
  /** For answers without end, which would otherwise take the calls' connections away. */
  readonly streams: Dispatcher;
  readonly headers: Readonly<Record<string, string>>;
}

/** How long credentials are used before they are read again: files rotate long before the old ones expire. */
const credentialsMs = 10_000;

/** How long the API server keeps an idle connection is 90 s or more; we must be first to drop it. */
const idleMs = 60_000;

interface Pools {
  readonly tlsHash: string;
  readonly calls: Pool;
  readonly streams: Pool;
}

/**
 * The connections to one API server. They are shared by all requests and last until the TLS material changes: then new ones
 * are opened, and the old ones close when their requests have ended.
 */
export class ConnectionPools {
  readonly #access: ClusterAccess;
  readonly #maxConnections: number;
  readonly #retired = new Set<Pool>();
  #pools: Pools | undefined;
  #closed: Promise<void> | undefined;
  #credentials: { readonly value: Promise<Credentials>; readonly readAt: number } | undefined;

  constructor(access: ClusterAccess, maxConnections: number) {
    this.#access = access;
    this.#maxConnections = maxConnections;
  }

  async connection(): Promise<Connection> {
    const { headers, tls } = await this.#currentCredentials();
    const tlsHash = createHash('sha256').update(JSON.stringify(tls)).digest('hex');
    if (this.#pools?.tlsHash !== tlsHash) {
      this.#retire();
      this.#pools = this.#open(tlsHash, tls);
    }
    return { calls: this.#pools.calls, streams: this.#pools.streams, headers };
  }

  /** Reads the credentials anew for the next request: the server has refused these. */
  refused(): void {
    this.#credentials = undefined;
  }

  /** Waits for calls that are under way and cuts streams off; nothing can be sent afterwards. */
  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    const open = this.#pools === undefined ? [] : [this.#pools.calls.close(), this.#pools.streams.destroy()];
    await Promise.all([...open, ...[...this.#retired].map(pool => pool.destroy())]);
  }

  #currentCredentials(): Promise<Credentials> {
    const now = monotonicClock.now();
    if (this.#credentials === undefined || now - this.#credentials.readAt >= credentialsMs) {
      const value = this.#access.readCredentials();
      const entry = { value, readAt: now };
      this.#credentials = entry;
      value.catch(() => {
        if (this.#credentials === entry) this.#credentials = undefined;
      });
    }
    return this.#credentials.value;
  }

  #open(tlsHash: string, tls: Credentials['tls']): Pools {
    const connect = { ...tls, timeout: 5000, keepAlive: true, keepAliveInitialDelay: 30_000 };
    // HTTP/1.1: measured faster than one HTTP/2 connection, and a stalled stream holds up nobody else.
    const options = { connect, allowH2: false, pipelining: 1, keepAliveTimeout: idleMs, keepAliveMaxTimeout: idleMs };
    return {
      tlsHash,
      calls: new Pool(this.#access.server.origin, { ...options, connections: this.#maxConnections }),
      streams: new Pool(this.#access.server.origin, { ...options, connections: null, bodyTimeout: 0 }),
    };
  }

  #retire(): void {
    if (this.#pools === undefined) return;
    for (const pool of [this.#pools.calls, this.#pools.streams]) {
      this.#retired.add(pool);
      const forget = () => this.#retired.delete(pool);
      pool.close().then(forget, forget);
    }
  }
}
