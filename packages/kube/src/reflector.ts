import { type BackoffPolicy, backoffDelay, isAbort, type Logger, monotonicClock, OperatorError, sleep } from '@buildkite-operator/service';
import { isKubeError } from './kube-error.ts';
import type { KubeMetrics } from './kube-metrics.ts';
import { type KubeObject, type Live, objectKey } from './kube-object.ts';
import { Quiet } from './quiet.ts';
import { ResourceClient } from './resource-client.ts';
import { collectionPath, type ResourceDefinition } from './resource-definition.ts';
import { type Selection, selectionQuery } from './resource-options.ts';
import { splitLines } from './split-lines.ts';
import { Store, type StoreReader } from './store.ts';
import type { Query, Transport } from './transport.ts';
import { parseWatchEvent, type WatchEvent } from './watch-event.ts';

export interface ReflectorOptions<T extends KubeObject> extends Selection {
  readonly transport: Transport;
  readonly resource: ResourceDefinition<T>;
  /** Default: a store with the two built-in indexes. */
  readonly store?: Store<T>;
  /** Trims an object before it is stored; must keep name, namespace, uid, resourceVersion and owner references. When it throws the object is stored whole. */
  readonly transform?: (object: Live<T>) => Live<T>;
  readonly logger: Logger;
  readonly metrics?: KubeMetrics;
  /** For logs and metrics; default the resource's plural. */
  readonly name?: string;
  /** The waits after failures; default 200 ms doubling to 15 s. */
  readonly backoff?: BackoffPolicy;
  /** A watch that says nothing for so long is taken for dead; default 150 s (the server sends a bookmark about every minute). */
  readonly livenessMs?: number;
}

/** How long the server may keep one watch open, in seconds; each watch takes a time between one and two of these. */
const watchSeconds = 300;

/** A watch that ends sooner than this counts as a failure, so that a server which hangs up at once is not called in a loop. */
const shortWatchMs = 1000;

/**
 * Keeps a store equal to the server's objects: reads all of them, watches, and goes on through restarts of the server,
 * cut connections, expired versions and throttling until it is told to stop. Missed deletes are found when it reads anew.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #store: Store<T>;
  readonly #client: ResourceClient<T>;
  readonly #name: string;
  readonly #logger: Logger;
  /** From where to watch; undefined when all must be read anew. */
  #resourceVersion: string | undefined;
  #watchListWorks = true;
  #failures = 0;
  #running = false;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#name = options.name ?? options.resource.plural;
    this.#logger = options.logger.child({ component: 'reflector', resource: this.#name });
    this.#store = options.store ?? new Store<T>({ logger: this.#logger });
    this.#client = new ResourceClient(options.transport, options.resource);
  }

  get store(): StoreReader<T> {
    return this.#store;
  }

  /** Runs until the signal is aborted, then returns. Throws only `AlreadyRunning`. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#running) throw new OperatorError('AlreadyRunning', `the reflector of ${this.#name} runs already`);
    this.#running = true;
    const stopSampling = this.#options.metrics?.sampleStore(this.#name, () => this.#store.size);
    try {
      while (!signal.aborted) await this.#round(signal);
    } finally {
      this.#running = false;
      stopSampling?.();
    }
  }

  /** One read or watch to its end, and the wait that must follow it. */
  async #round(signal: AbortSignal): Promise<void> {
    let delayMs = 0;
    try {
      delayMs = await this.#readOrWatch(signal);
    } catch (error) {
      if (signal.aborted) return;
      delayMs = this.#judge(error);
    }
    if (delayMs === 0) return;
    try {
      await sleep(delayMs, signal);
    } catch (thrown) {
      if (!isAbort(thrown)) throw thrown;
    }
  }

  /** Returns how long to wait before the next round. */
  async #readOrWatch(signal: AbortSignal): Promise<number> {
    if (this.#resourceVersion === undefined && !this.#watchListWorks) {
      await this.#list(signal);
      return 0;
    }
    const started = monotonicClock.now();
    await this.#watch(signal);
    if (monotonicClock.now() - started >= shortWatchMs) return 0;
    this.#failures += 1;
    return backoffDelay(this.#failures, this.#backoff);
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#options.metrics?.reflectorLists.inc({ resource: this.#name, kind: 'list' });
    const seen = new Set<string>();
    let resourceVersion = '';
    for await (const page of this.#client.pages(this.#options, {}, signal)) {
      for (const object of page.items) {
        seen.add(objectKey(object));
        this.#set(object);
      }
      resourceVersion = page.resourceVersion;
    }
    this.#completeRead(seen, resourceVersion);
  }

  /** Watches from the known version, or reads everything by a watch-list and goes on watching, until the stream ends. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { transport, resource, namespace, livenessMs = 150_000 } = this.#options;
    using quiet = new Quiet(livenessMs, signal);
    const seen = this.#resourceVersion === undefined ? new Set<string>() : undefined;
    if (seen !== undefined) this.#options.metrics?.reflectorLists.inc({ resource: this.#name, kind: 'watch-list' });
    const query = { ...selectionQuery(this.#options), ...this.#watchQuery() };
    let openedAt = Number.POSITIVE_INFINITY;
    try {
      const stream = await transport.stream({ path: collectionPath(resource, namespace), query }, quiet.signal);
      openedAt = monotonicClock.now();
      let initial = seen;
      for await (const line of splitLines(stream)) {
        quiet.heard();
        initial = this.#handle(parseWatchEvent<T>(line), initial);
      }
    } catch (error) {
      if (quiet.isDead) this.#logger.debug({ livenessMs }, 'the watch said nothing for too long: opening another');
      else throw error;
    } finally {
      if (monotonicClock.now() - openedAt >= shortWatchMs) this.#failures = 0;
    }
  }

  #watchQuery(): Query {
    const timeoutSeconds = Math.round(watchSeconds * (1 + Math.random()));
    const common = { watch: true, allowWatchBookmarks: true, timeoutSeconds };
    if (this.#resourceVersion !== undefined) return { ...common, resourceVersion: this.#resourceVersion };
    return { ...common, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' };
  }

  /** Applies one event. `initial` collects the keys of the initial events until they end. */
  #handle(event: WatchEvent<T>, initial: Set<string> | undefined): Set<string> | undefined {
    this.#options.metrics?.reflectorEvents.inc({ resource: this.#name, type: event.type });
    if (event.type === 'BOOKMARK') {
      if (initial === undefined) this.#advance(event.resourceVersion);
      if (initial === undefined || !event.endsInitialEvents) return initial;
      this.#completeRead(initial, event.resourceVersion);
      return undefined;
    }
    if (event.type === 'DELETED') {
      this.#store.delete(event.object);
    } else {
      this.#set(event.object);
      initial?.add(objectKey(event.object));
    }
    if (initial === undefined) this.#advance(event.object.metadata.resourceVersion);
    return initial;
  }

  #advance(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
  }

  #completeRead(seen: ReadonlySet<string>, resourceVersion: string): void {
    this.#store.retainOnly(seen);
    this.#advance(resourceVersion);
    if (!this.#store.hasSynced) this.#logger.debug({ objects: this.#store.size }, 'store synced');
    this.#store.markSynced();
  }

  #set(object: Live<T>): void {
    this.#store.set(this.#transformed(object));
  }

  #transformed(object: Live<T>): Live<T> {
    if (this.#options.transform === undefined) return object;
    try {
      return this.#options.transform(object);
    } catch (error) {
      this.#logger.error({ error, object: objectKey(object) }, 'transform threw: the object is stored whole');
      return object;
    }
  }

  /** Decides how to go on after a failure; returns how long to wait first. */
  #judge(error: unknown): number {
    const { metrics } = this.#options;
    const code = isKubeError(error) ? error.code : 'Unexpected';
    metrics?.reflectorFailures.inc({ resource: this.#name, code });
    this.#failures += 1;
    if (this.#resourceVersion === undefined && this.#watchListWorks && isKubeError(error, 'Invalid', 'BadRequest')) {
      this.#watchListWorks = false;
      this.#logger.info({ error }, 'this server has no watch-list: using paged lists');
      return 0;
    }
    const expired = isKubeError(error, 'Expired', 'Gone');
    if (needsFullRead(error)) this.#resourceVersion = undefined;
    if (expired && this.#failures === 1) return 0;
    const wishMs = isKubeError(error) ? (error.retryAfterMs ?? 0) : 0;
    const delayMs = Math.max(backoffDelay(this.#failures, this.#backoff), wishMs);
    this.#logger.warn({ error, failures: this.#failures, delayMs }, 'watch failed');
    return delayMs;
  }

  get #backoff(): BackoffPolicy {
    return this.#options.backoff ?? { initialMs: 200, maxMs: 15_000 };
  }
}

/** Failures that say nothing about the version that we watched from: the same watch may be opened again. */
const resumable = ['Unreachable', 'Timeout', 'ServerTimeout', 'ServiceUnavailable', 'TooManyRequests', 'Unauthorized', 'Forbidden'];

/** Whether going on from the same version could lose an event or fail for ever. */
export function needsFullRead(error: unknown): boolean {
  if (!isKubeError(error, ...resumable)) return true;
  return error.causes.some(cause => cause.reason === 'ResourceVersionTooLarge');
}
