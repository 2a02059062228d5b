import { createLogger, createMetricsRegistry } from '@buildkite-operator/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigMap } from './builtin-resources.ts';
import { KubeError } from './kube-error.ts';
import { KubeMetrics, kubeMetricNames } from './kube-metrics.ts';
import { objectKey } from './kube-object.ts';
import { controllerOf } from './owner-reference.ts';
import { done, type ReconcileResult, requeueAfter, runController, watchStore } from './run-controller.ts';
import { Store } from './store.ts';
import { storedConfigMap } from './testing/sample-objects.ts';

const logger = createLogger('test', 'silent');

let store: Store<ConfigMap>;
let stop: AbortController;
let registry: ReturnType<typeof createMetricsRegistry>;
let metrics: KubeMetrics;
let reconciled: string[];

beforeEach(() => {
  vi.useFakeTimers();
  store = new Store<ConfigMap>();
  stop = new AbortController();
  registry = createMetricsRegistry('test');
  metrics = new KubeMetrics(registry);
  reconciled = [];
});

afterEach(() => {
  vi.useRealTimers();
  registry.clear();
});

type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult>;

function start(reconcile: Reconcile, more: { drainMs?: number; concurrency?: number } = {}): Promise<void> {
  const noted: Reconcile = async (key, signal) => {
    reconciled.push(key);
    return reconcile(key, signal);
  };
  const sources = [watchStore(store, change => [objectKey(change.object)])];
  return runController(
    { name: 'test', concurrency: 2, sources, reconcile: noted, backoff: { initialMs: 1000, maxMs: 4000 }, logger, metrics, ...more },
    stop.signal,
  );
}

const settle = () => vi.advanceTimersByTimeAsync(0);

/** A line of the metrics page without the labels that every line has. */
async function metric(name: string, labels: Record<string, string>): Promise<number | undefined> {
  const found = await registry.getSingleMetric(name)?.get();
  return found?.values.find(({ labels: given }) => Object.entries(labels).every(([label, value]) => Reflect.get(given, label) === value))
    ?.value;
}

describe('a controller', () => {
  it('begins only when the caches are full, then with everything that is there', async () => {
    store.set(storedConfigMap('a', 1));
    const run = start(async () => done());
    await settle();
    expect(reconciled).toEqual([]);
    store.set(storedConfigMap('b', 1));
    store.markSynced();
    await settle();
    expect(reconciled).toEqual(['ns/a', 'ns/b']);
    stop.abort();
    await run;
  });

  it('reconciles on every kind of change, also by the object that owns the changed one', async () => {
    const children = new Store<ConfigMap>();
    store.markSynced();
    children.markSynced();
    const sources = [
      watchStore(store, change => [objectKey(change.object)]),
      watchStore(children, ({ object }) => {
        const owner = controllerOf(object);
        return owner === undefined ? [] : [`${object.metadata.namespace ?? ''}/${owner.name}`];
      }),
    ];
    const reconcile: Reconcile = async key => {
      reconciled.push(key);
      return done();
    };
    const run = runController({ name: 'test', concurrency: 1, sources, reconcile, logger }, stop.signal);
    await settle();
    const child = storedConfigMap('child', 1);
    child.metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'parent', uid: 'u', controller: true }];
    children.set(child);
    await settle();
    children.delete(child);
    store.set(storedConfigMap('a', 1));
    children.set(storedConfigMap('stray', 1));
    await settle();
    expect(reconciled).toEqual(['ns/parent', 'ns/parent', 'ns/a']);
    stop.abort();
    await run;
  });

  it('looks again after the time that a reconcile asks for', async () => {
    store.markSynced();
    store.set(storedConfigMap('a', 1));
    const run = start(async () => (reconciled.length === 1 ? requeueAfter(5000) : done()));
    await vi.advanceTimersByTimeAsync(4999);
    expect(reconciled).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reconciled).toHaveLength(2);
    stop.abort();
    await run;
    expect(await metric(kubeMetricNames.reconciles, { result: 'requeue' })).toBe(1);
    expect(await metric(kubeMetricNames.reconciles, { result: 'done' })).toBe(1);
  });

  it('tries failed keys again with growing waits, counts them, and forgets the failures after a success', async () => {
    store.markSynced();
    store.set(storedConfigMap('a', 1));
    let healthy = false;
    const run = start(async () => {
      if (!healthy) throw new Error('broken');
      return done();
    });
    await vi.advanceTimersByTimeAsync(8000);
    const failures = reconciled.length;
    expect(failures).toBeGreaterThanOrEqual(3);
    expect(failures).toBeLessThanOrEqual(7);
    healthy = true;
    await vi.advanceTimersByTimeAsync(4000);
    expect(reconciled).toHaveLength(failures + 1);
    healthy = false;
    store.set(storedConfigMap('a', 2));
    await vi.advanceTimersByTimeAsync(1000);
    expect(reconciled).toHaveLength(failures + 3);
    stop.abort();
    await run;
    expect(await metric(kubeMetricNames.reconciles, { result: 'error' })).toBe(failures + 2);
  });

  it('takes a conflict for an old cache and no error, unless it does not end', async () => {
    store.markSynced();
    store.set(storedConfigMap('a', 1));
    const run = start(() => Promise.reject(new KubeError('Conflict', 'changed', { status: 409 })));
    await vi.advanceTimersByTimeAsync(60_000);
    stop.abort();
    await run;
    expect(await metric(kubeMetricNames.reconciles, { result: 'conflict' })).toBe(5);
    expect(await metric(kubeMetricNames.reconciles, { result: 'error' })).toBeGreaterThan(0);
  });

  it('waits as long as a throttling server asks', async () => {
    store.markSynced();
    store.set(storedConfigMap('a', 1));
    const run = start(() => Promise.reject(new KubeError('TooManyRequests', 'slow down', { status: 429, retryAfterMs: 30_000 })));
    await vi.advanceTimersByTimeAsync(29_999);
    expect(reconciled).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(reconciled).toHaveLength(2);
    stop.abort();
    await run;
  });

  it('goes on when the mapping of one object throws, at the start and later', async () => {
    store.markSynced();
    for (const name of ['bad', 'good']) store.set(storedConfigMap(name, 1));
    const sources = [
      watchStore(store, ({ object }) => {
        if (object.metadata.name === 'bad') throw new Error('broken mapping');
        return [objectKey(object)];
      }),
    ];
    const reconcile: Reconcile = async key => {
      reconciled.push(key);
      return done();
    };
    const run = runController({ name: 'test', concurrency: 1, sources, reconcile, logger }, stop.signal);
    await settle();
    store.set(storedConfigMap('bad', 2));
    store.set(storedConfigMap('good', 2));
    await settle();
    expect(reconciled).toEqual(['ns/good', 'ns/good']);
    stop.abort();
    await run;
  });

  it('shows how many keys wait and for how long', async () => {
    store.markSynced();
    const run = start(() => new Promise(() => undefined), { concurrency: 1, drainMs: 0 });
    for (const name of ['a', 'b', 'c']) store.set(storedConfigMap(name, 1));
    await vi.advanceTimersByTimeAsync(2000);
    expect(await metric(kubeMetricNames.queueDepth, { controller: 'test' })).toBe(2);
    expect(await metric(kubeMetricNames.queueOldestWait, { controller: 'test' })).toBe(2);
    stop.abort();
    void run;
  });
});

describe('its end', () => {
  it('lets reconciles under way finish, then stops listening', async () => {
    store.markSynced();
    const running = Promise.withResolvers<ReconcileResult>();
    store.set(storedConfigMap('a', 1));
    let aborted = false;
    const run = start((_key, signal) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return running.promise;
    });
    await settle();
    stop.abort();
    await vi.advanceTimersByTimeAsync(2900);
    expect(aborted).toBe(false);
    running.resolve(done());
    await run;
    store.set(storedConfigMap('b', 1));
    await settle();
    expect(reconciled).toEqual(['ns/a']);
    expect(vi.getTimerCount()).toBe(0);
    expect(await metric(kubeMetricNames.queueDepth, { controller: 'test' })).toBeUndefined();
  });

  it('leaves its sources; when one of them fails before the start, so does the controller', async () => {
    const unsubscribe = vi.fn<() => void>();
    const source = { waitForSync: async () => undefined, subscribe: () => unsubscribe };
    const options = { name: 'test', concurrency: 1, reconcile: async () => done(), logger };
    const run = runController({ ...options, sources: [source] }, stop.signal);
    await settle();
    expect(unsubscribe).not.toHaveBeenCalled();
    stop.abort();
    await run;
    expect(unsubscribe).toHaveBeenCalledOnce();
    const broken = { ...source, waitForSync: () => Promise.reject(new Error('broken')) };
    await expect(runController({ ...options, sources: [broken] }, new AbortController().signal)).rejects.toThrow('broken');
  });

  it.each([
    [undefined, 3000],
    [500, 500],
    [0, 0],
  ])('with drainMs %j aborts what is still under way after %i ms, which is no error', async (drainMs, afterMs) => {
    store.markSynced();
    store.set(storedConfigMap('a', 1));
    const run = start(
      (_key, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      drainMs === undefined ? {} : { drainMs },
    );
    await settle();
    stop.abort();
    await vi.advanceTimersByTimeAsync(afterMs);
    await run;
    expect(await metric(kubeMetricNames.reconciles, { result: 'aborted' })).toBe(1);
  });

  it('comes at once while the caches are still empty', async () => {
    const run = start(async () => done());
    stop.abort();
    await run;
    expect(reconciled).toEqual([]);
  });
});
