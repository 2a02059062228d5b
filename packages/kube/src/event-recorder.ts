import { backoffDelay, type Clock, isAbort, type Logger, monotonicClock, sleep, systemClock } from '@buildkite-operator/service';
import { builtin, type Event } from './builtin-resources.ts';
import { withDeadline } from './deadline.ts';
import { type EventSeries, EventSeriesBook } from './event-series.ts';
import { isKubeError } from './kube-error.ts';
import type { KubeMetrics } from './kube-metrics.ts';
import type { KubeObject, Live } from './kube-object.ts';
import { toMicroTime } from './micro-time.ts';
import { ResourceClient } from './resource-client.ts';
import { apiVersionOf, type ResourceDefinition } from './resource-definition.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Transport } from './transport.ts';

/** One thing worth telling the people who look at an object. */
export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** A short CamelCase word, from a closed list of the caller's. */
  readonly reason: string;
  /** For people; cut to 1024 bytes. */
  readonly note: string;
  /** What was tried, in CamelCase; default the reason. */
  readonly action?: string;
  /** When it happened, in milliseconds since the epoch; default now. However often and by whomever the same is noted of a moment, it is one Event. */
  readonly atMs?: number;
}

export interface EventRecorderOptions {
  readonly transport: Transport;
  /** Who reports, for example `buildkite-operator-controller`. */
  readonly component: string;
  /** Which copy of it: the pod's name. */
  readonly instance: string;
  readonly logger: Logger;
  readonly metrics?: KubeMetrics;
  readonly clock?: Clock;
  /** How many events may be sent at once before the rate counts; default 50. */
  readonly burst?: number;
  /** How many a second in the long run; default 10. */
  readonly perSecond?: number;
}

/** How long the last events may take after the stop; a pod has 30 s to end. */
const flushMs = 5000;
const sendMs = 5000;

/**
 * Reports notes as `events.k8s.io/v1` Events, in the background. Events are a courtesy: recording never throws and never
 * waits; repeats of a note become one series; too many are dropped and counted. Namespaced events stand in their object's
 * namespace, those of other objects in `default`.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #events: ResourceClient<Event>;
  readonly #book = new EventSeriesBook();
  readonly #bucket: TokenBucket;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #wake = Promise.withResolvers<void>();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#events = new ResourceClient(options.transport, builtin.events);
    this.#bucket = new TokenBucket(options.burst ?? 50, options.perSecond ?? 10, monotonicClock);
    this.#logger = options.logger.child({ component: 'event-recorder' });
    this.#clock = options.clock ?? systemClock;
  }

  /** Notes something about an object. */
  record<T extends KubeObject>(resource: ResourceDefinition<T>, object: Live<T>, note: EventNote): void {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const regarding = { apiVersion: apiVersionOf(resource), kind: resource.kind, name, namespace, uid, resourceVersion };
    if (!this.#book.add(regarding, note, this.#clock.now())) this.#count('dropped');
    this.#wake.resolve();
  }

  /** Whether something that was noted about the object of this uid has not been sent yet. */
  isPending(uid: string): boolean {
    return this.#book.isPending(uid);
  }

  /** Does the work and sends what is recorded meanwhile, what it recorded last too, however it ends. Throws what the work throws. */
  async runDuring<T>(work: () => Promise<T>): Promise<T> {
    const over = new AbortController();
    const sent = this.run(over.signal);
    try {
      return await work();
    } finally {
      over.abort();
      await sent;
    }
  }

  /** Sends what is recorded until the signal is aborted, then what is left, for 5 s at most. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = () => this.#wake.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        await this.#send(signal);
        if (signal.aborted) break;
        await this.#wake.promise;
        this.#wake = Promise.withResolvers<void>();
      }
      await withDeadline('the last events', flushMs, limited => this.#send(limited), new AbortController().signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Sends all that is pending. Returns early when the signal is aborted. */
  async #send(signal: AbortSignal): Promise<void> {
    let failures = 0;
    for (let next = this.#book.take(); next !== undefined; next = this.#book.take()) {
      const { key, series } = next;
      try {
        await this.#waitForToken(signal);
        await this.#write(key, series, signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) {
          this.#book.putBack(key);
          return;
        }
        if (!isKubeError(error, 'Unreachable', 'Timeout', 'ServiceUnavailable', 'TooManyRequests')) {
          this.#giveUp(error, series);
          continue;
        }
        this.#book.putBack(key);
        failures += 1;
        await pause(Math.max(backoffDelay(failures), error.retryAfterMs ?? 0), signal);
      } finally {
        this.#book.settled(key);
      }
    }
  }

  async #waitForToken(signal: AbortSignal): Promise<void> {
    for (let waitMs = this.#bucket.take(); waitMs > 0; waitMs = this.#bucket.take()) await sleep(waitMs, signal);
  }

  async #write(key: string, series: EventSeries, signal: AbortSignal): Promise<void> {
    const limits = { deadlineMs: sendMs };
    if (!series.isStored) {
      await this.#create(series, limits, signal);
      this.#book.stored(key);
    } else {
      const namespace = namespaceOf(series);
      const patch = { series: { count: series.count, lastObservedTime: toMicroTime(series.lastAt) } };
      try {
        await this.#events.mergePatch({ name: series.eventName, namespace }, patch, limits, signal);
      } catch (thrown) {
        if (!isKubeError(thrown, 'NotFound')) throw thrown;
        this.#book.gone(key, this.#clock.now());
        return;
      }
    }
    this.#count('sent');
  }

  async #create(series: EventSeries, limits: { deadlineMs: number }, signal: AbortSignal): Promise<void> {
    try {
      await this.#events.create(eventOf(series, this.#options), limits, signal);
    } catch (thrown) {
      // Our own, of a try whose answer was lost, or another one's who told the same: the name is unique.
      if (!isKubeError(thrown, 'AlreadyExists')) throw thrown;
    }
  }

  #giveUp(error: unknown, series: EventSeries): void {
    this.#count('failed');
    this.#logger.warn({ error, object: series.regarding.name, reason: series.note.reason }, 'cannot record an event');
  }

  #count(result: 'sent' | 'failed' | 'dropped'): void {
    this.#options.metrics?.events.inc({ result });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, signal);
  } catch (thrown) {
    if (!isAbort(thrown) && !signal.aborted) throw thrown;
  }
}

/** The Event object of a series, as the API server's rules want it. */
export function eventOf(series: EventSeries, reporter: { readonly component: string; readonly instance: string }): Event {
  const { regarding, note } = series;
  return {
    metadata: { name: series.eventName, namespace: namespaceOf(series) },
    eventTime: toMicroTime(series.firstAt),
    reportingController: reporter.component,
    reportingInstance: cutBytes(reporter.instance, 128),
    type: note.type,
    reason: cutBytes(note.reason, 128),
    action: cutBytes(note.action ?? note.reason, 128),
    note: cutBytes(note.note, 1024),
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      name: regarding.name,
      uid: regarding.uid,
      resourceVersion: regarding.resourceVersion,
      ...(regarding.namespace === undefined ? {} : { namespace: regarding.namespace }),
    },
    ...(series.count > 1 ? { series: { count: series.count, lastObservedTime: toMicroTime(series.lastAt) } } : {}),
  };
}

function namespaceOf(series: EventSeries): string {
  return series.regarding.namespace ?? 'default';
}

/** The server counts bytes; the cut never splits a character. */
function cutBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  const mark = '…';
  return `${new TextDecoder().decode(bytes.subarray(0, most - Buffer.byteLength(mark)), { stream: true })}${mark}`;
}
