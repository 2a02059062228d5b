import { createLogger, createMetricsRegistry } from '@buildkite-operator/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtin, type Event } from './builtin-resources.ts';
import { EventRecorder, type EventRecorderOptions } from './event-recorder.ts';
import { KubeError } from './kube-error.ts';
import { KubeMetrics, kubeMetricNames } from './kube-metrics.ts';
import { MemoryApi } from './testing/memory-api.ts';
import { storedConfigMap } from './testing/sample-objects.ts';

const logger = createLogger('test', 'silent');
const about = storedConfigMap('about', 1);
const note = (text: string, type: 'Normal' | 'Warning' = 'Normal') => ({ type, reason: 'Started', note: text }) as const;

let api: MemoryApi;
let stop: AbortController;
let recorder: EventRecorder;
let running: Promise<void>;
let registry: ReturnType<typeof createMetricsRegistry>;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
  api = new MemoryApi();
  stop = new AbortController();
  registry = createMetricsRegistry('test');
});

afterEach(async () => {
  stop.abort();
  await vi.advanceTimersByTimeAsync(10_000);
  await running;
  vi.useRealTimers();
  registry.clear();
});

function start(more: Partial<EventRecorderOptions> = {}): void {
  recorder = new EventRecorder({
    transport: api,
    component: 'operator',
    instance: 'pod-1',
    logger,
    metrics: new KubeMetrics(registry),
    ...more,
  });
  running = recorder.run(stop.signal);
}

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const events = () => [...api.objects.values()] as Event[];

async function counted(result: string): Promise<number> {
  const metric = await registry.getSingleMetric(kubeMetricNames.events)?.get();
  return metric?.values.find(({ labels }) => labels['result'] === result)?.value ?? 0;
}

describe('an event', () => {
  it('says who saw what on which object, and when', async () => {
    start();
    recorder.record(builtin.configMaps, about, { type: 'Warning', reason: 'Failed', note: 'no image', action: 'StartPod' });
    await pass();
    expect(events()).toEqual([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: expect.objectContaining({ namespace: 'ns', name: expect.stringMatching(/^about\.[0-9a-f]{16}$/) }),
        eventTime: '2026-01-01T00:00:00.000000Z',
        type: 'Warning',
        reason: 'Failed',
        action: 'StartPod',
        note: 'no image',
        reportingController: 'operator',
        reportingInstance: 'pod-1',
        regarding: { apiVersion: 'v1', kind: 'ConfigMap', name: 'about', namespace: 'ns', uid: 'uid-about', resourceVersion: '1' },
      },
    ]);
  });

  it('is cut to what the server takes, between characters', async () => {
    start();
    recorder.record(builtin.configMaps, about, note('ü'.repeat(1000)));
    await pass();
    const [event] = events();
    expect(Buffer.byteLength(event?.note ?? '')).toBeLessThanOrEqual(1024);
    expect(event?.note).toMatch(/^ü{510}…$/);
  });

  it('that repeats counts up in the one there is', async () => {
    start();
    recorder.record(builtin.configMaps, about, note('x'));
    await pass();
    for (let times = 0; times < 3; times += 1) recorder.record(builtin.configMaps, about, note('x'));
    await pass();
    expect(events()).toEqual([expect.objectContaining({ series: { count: 4, lastObservedTime: '2026-01-01T00:00:00.000000Z' } })]);
    expect(api.requests.map(request => request.method)).toEqual(['POST', 'PATCH']);
  });

  it('that the server has dropped meanwhile is made again', async () => {
    start();
    recorder.record(builtin.configMaps, about, note('x'));
    await pass();
    api.objects.clear();
    recorder.record(builtin.configMaps, about, note('x'));
    await pass();
    expect(events()).toEqual([expect.objectContaining({ series: expect.objectContaining({ count: 2 }) })]);
  });
});

describe('trouble', () => {
  it('with the API server delays events and loses none', async () => {
    start();
    api.intercept = () => Promise.reject(new KubeError('Unreachable', 'down'));
    recorder.record(builtin.configMaps, about, note('x'));
    recorder.record(builtin.configMaps, about, note('y'));
    await pass(60_000);
    expect(events()).toEqual([]);
    api.intercept = async () => undefined;
    await pass(60_000);
    expect(new Set(events().map(event => event.note))).toEqual(new Set(['x', 'y']));
  });

  it('with one event, which the server refuses for good, drops that one only', async () => {
    start();
    api.intercept = async request => {
      if ((request.body as Event).note === 'bad') throw new KubeError('Forbidden', 'namespace is being terminated', { status: 403 });
    };
    recorder.record(builtin.configMaps, about, note('bad'));
    recorder.record(builtin.configMaps, about, note('good'));
    await pass();
    expect(events().map(event => event.note)).toEqual(['good']);
    expect([await counted('failed'), await counted('sent')]).toEqual([1, 1]);
  });

  it('that loses the answer makes no second event', async () => {
    start();
    let lost = false;
    api.intercept = async () => () => {
      if (lost) return;
      lost = true;
      throw new KubeError('Unreachable', 'answer lost');
    };
    recorder.record(builtin.configMaps, about, note('x'));
    await pass(60_000);
    expect(events()).toHaveLength(1);
    expect(await counted('sent')).toBe(1);
  });

  it('of too many events: a burst is sent at once, then so many a second, and what is too much is dropped and counted', async () => {
    start({ burst: 5, perSecond: 2 });
    for (let index = 0; index < 1100; index += 1) recorder.record(builtin.configMaps, about, note(`n-${index}`));
    await pass();
    expect(events()).toHaveLength(5);
    await pass(3000);
    expect(events()).toHaveLength(11);
    expect(await counted('dropped')).toBe(100);
  });
});

describe('the end', () => {
  it('sends what is left', async () => {
    start();
    await pass();
    recorder.record(builtin.configMaps, about, note('last words'));
    stop.abort();
    await running;
    expect(events().map(event => event.note)).toEqual(['last words']);
  });

  it('of work that fails, as when a lease is lost, sends what it recorded last, then fails with it', async () => {
    start();
    const work = recorder.runDuring(async () => {
      await Promise.resolve();
      recorder.record(builtin.configMaps, about, note('last words'));
      throw new Error('the lease is lost');
    });
    await Promise.all([expect(work).rejects.toThrow('the lease is lost'), pass()]);
    expect(events().map(event => event.note)).toEqual(['last words']);
  });

  it('does not wait for ever when it cannot', async () => {
    start();
    api.intercept = (_request, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    recorder.record(builtin.configMaps, about, note('x'));
    await pass();
    stop.abort();
    await pass(5000);
    await expect(running).resolves.toBeUndefined();
  });
});
