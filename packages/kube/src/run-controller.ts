import { type BackoffPolicy, isAbort, type Logger, monotonicClock } from '@buildkite-operator/service';
import { isKubeError, KubeError } from './kube-error.ts';
import type { KubeMetrics } from './kube-metrics.ts';
import type { KubeObject } from './kube-object.ts';
import type { Change, StoreReader } from './store.ts';
import { WorkQueue } from './work-queue.ts';

/** What a reconcile came to. What is wrong with us is thrown instead, and tried again with back-off. */
export type ReconcileResult = { readonly kind: 'done' } | { readonly kind: 'requeue'; readonly afterMs: number };

/** Nothing to do until something changes. */
export function done(): ReconcileResult {
  return { kind: 'done' };
}

/** Look again after `ms`, or earlier if something changes. */
export function requeueAfter(ms: number): ReconcileResult {
  return { kind: 'requeue', afterMs: ms };
}

/** Where keys come from; made by `watchStore`. */
export interface ControllerSource {
  waitForSync(signal: AbortSignal): Promise<void>;
  /**
   * Hands over the keys of everything that is there and of every change from now on, until the returned function is
   * called. What the mapping of one object throws goes to `onError` and stops nothing.
   */
  subscribe(add: (key: string) => void, onError: (error: unknown) => void): () => void;
}

/** A store whose changes become keys: of the object itself (`objectKey`), of its owner, or whatever `toKeys` looks up. */
export function watchStore<T extends KubeObject>(store: StoreReader<T>, toKeys: (change: Change<T>) => Iterable<string>): ControllerSource {
  return {
    waitForSync: signal => store.waitForSync(signal),
    subscribe: (add, onError) => {
      const addAll = (change: Change<T>) => {
        try {
          for (const key of toKeys(change)) add(key);
        } catch (error) {
          onError(error);
        }
      };
      const stop = store.onChange(addAll);
      for (const object of store.values()) addAll({ type: 'added', object });
      return stop;
    },
  };
}

export interface ControllerOptions {
  /** For logs and metrics. */
  readonly name: string;
  /** How many keys are worked on at once. */
  readonly concurrency: number;
  readonly sources: readonly ControllerSource[];
  /** Makes the world fit the object of this key, from the stores. The signal is aborted when the controller must stop now. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>;
  /** After errors of one key; default 100 ms doubling to 60 s. */
  readonly backoff?: BackoffPolicy;
  /** How long reconciles under way may go on after the signal, before theirs is aborted; default 3 s, 0 aborts at once. */
  readonly drainMs?: number;
  readonly logger: Logger;
  readonly metrics?: KubeMetrics;
}

/**
 * The loop of every controller: waits for the caches, then reconciles each key that a source names, with `concurrency`
 * workers, one per key. An error is logged, counted and tried again with back-off; a `Conflict` means that the store lags
 * behind and is tried again quietly. Returns once the signal is aborted and the reconciles under way have ended.
 */
export async function runController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const { name, metrics } = options;
  const logger = options.logger.child({ component: name });
  try {
    await Promise.all(options.sources.map(source => source.waitForSync(signal)));
  } catch (thrown) {
    if (signal.aborted) return;
    throw thrown;
  }
  const queue = new WorkQueue(options.backoff === undefined ? {} : { backoff: options.backoff });
  const stopSampling = metrics?.sampleQueue(
    name,
    () => queue.depth,
    () => queue.oldestWaitMs / 1000,
  );
  const onMappingError = (error: unknown) => logger.error({ error }, 'cannot tell which keys a change concerns');
  const unsubscribe = options.sources.map(source => source.subscribe(key => queue.add(key), onMappingError));
  const drain = drainSignal(options.drainMs ?? 3000, signal);
  logger.info({ keys: queue.depth, concurrency: options.concurrency }, 'controller started');
  try {
    await queue.run(
      options.concurrency,
      async (key, waitedMs) => {
        metrics?.queueWait.observe({ controller: name }, waitedMs / 1000);
        await reconcileKey(key, queue, { ...options, logger }, drain.signal);
      },
      signal,
    );
  } finally {
    drain.dispose();
    for (const stop of unsubscribe) stop();
    stopSampling?.();
  }
  logger.info('controller stopped');
}

/** How many conflicts in a row are quiet: more than that is no stale cache any more. */
const quietConflicts = 5;

async function reconcileKey(key: string, queue: WorkQueue, options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const { name: controller, logger, metrics } = options;
  const started = monotonicClock.now();
  let result = 'error';
  try {
    const verdict = await options.reconcile(key, signal);
    queue.forget(key);
    result = verdict.kind;
    if (verdict.kind === 'requeue') queue.addAfter(key, verdict.afterMs);
  } catch (error) {
    if (signal.aborted && isAbort(error)) {
      result = 'aborted';
      return;
    }
    const retryMs = queue.addRateLimited(key, error instanceof KubeError ? error.retryAfterMs : undefined);
    const failures = queue.failures(key);
    if (isKubeError(error, 'Conflict') && failures <= quietConflicts) {
      result = 'conflict';
      logger.debug({ key, retryMs }, 'conflict: the object changed meanwhile');
    } else {
      logger.error({ error, key, failures, retryMs }, 'reconcile failed');
    }
  } finally {
    metrics?.reconciles.inc({ controller, result });
    metrics?.reconcileDuration.observe({ controller }, (monotonicClock.now() - started) / 1000);
  }
}

/** A signal that is aborted `ms` after the given one. */
function drainSignal(ms: number, signal: AbortSignal): { signal: AbortSignal; dispose: () => void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    if (ms === 0) late.abort(signal.reason);
    else timer = setTimeout(() => late.abort(signal.reason), ms);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    signal: late.signal,
    dispose: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
