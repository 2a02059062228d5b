import { createLogger, createMetricsRegistry } from '@buildkite-operator/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtin, type ConfigMap } from './builtin-resources.ts';
import { createTransport } from './http-transport.ts';
import { KubeError } from './kube-error.ts';
import { KubeMetrics, kubeMetricNames } from './kube-metrics.ts';
import { type Live, objectKey } from './kube-object.ts';
import { needsFullRead, Reflector, type ReflectorOptions } from './reflector.ts';
import { storedConfigMap } from './testing/sample-objects.ts';
import { type Exchange, ScriptedApiServer, type ScriptedWatch } from './testing/scripted-api-server.ts';
import type { Transport } from './transport.ts';

const logger = createLogger('test', 'silent');

let server: ScriptedApiServer;
let transport: Transport;
let stop: AbortController;
let reflector: Reflector<ConfigMap>;
let run: Promise<void> | undefined;
let told: string[];

beforeEach(async () => {
  server = await ScriptedApiServer.start();
  transport = createTransport({ access: server.access(), logger });
  stop = new AbortController();
  told = [];
  run = undefined;
});

afterEach(async () => {
  stop.abort();
  await run;
  await transport.close();
  await server[Symbol.asyncDispose]();
});

function start(more: Partial<ReflectorOptions<ConfigMap>> = {}): void {
  reflector = new Reflector({
    transport,
    resource: builtin.configMaps,
    namespace: 'ns',
    logger,
    backoff: { initialMs: 10, maxMs: 50 },
    ...more,
  });
  reflector.store.onChange(change => told.push(`${change.type} ${change.object.metadata.name}@${change.object.metadata.resourceVersion}`));
  run = reflector.run(stop.signal);
}

/** Starts, and answers the first watch-list with `a` at version 1. */
async function startSynced(more: Partial<ReflectorOptions<ConfigMap>> = {}): Promise<ScriptedWatch> {
  start(more);
  const watch = (await server.next()).watch();
  watch.event('ADDED', storedConfigMap('a', 1));
  watch.bookmark('10', { endsInitialEvents: true });
  await reflector.store.waitForSync(stop.signal);
  return watch;
}

const isWatchList = (exchange: Exchange) => exchange.query['sendInitialEvents'] === 'true';
const names = () => [...reflector.store.values()].map(object => `${object.metadata.name}@${object.metadata.resourceVersion}`);

async function until(condition: () => void): Promise<void> {
  await vi.waitFor(condition, { timeout: 5000, interval: 5 });
}

describe('the first read', () => {
  it('is a watch-list, which goes on as a watch; the store is synced at its end, not before', async () => {
    start({ labelSelector: { matchLabels: { a: 'b' } }, fieldSelector: { 'metadata.name': 'x' } });
    const exchange = await server.next();
    expect(exchange.path).toBe('/api/v1/namespaces/ns/configmaps');
    expect(exchange.query).toMatchObject({
      watch: 'true',
      sendInitialEvents: 'true',
      allowWatchBookmarks: 'true',
      resourceVersionMatch: 'NotOlderThan',
      labelSelector: 'a=b',
      fieldSelector: 'metadata.name=x',
    });
    expect(Number(exchange.query['timeoutSeconds'])).toBeGreaterThanOrEqual(300);
    const watch = exchange.watch();
    watch.event('ADDED', storedConfigMap('a', 1));
    watch.bookmark('5');
    await until(() => expect(names()).toEqual(['a@1']));
    expect(reflector.store.hasSynced).toBe(false);
    watch.bookmark('10', { endsInitialEvents: true });
    await reflector.store.waitForSync(stop.signal);
    watch.event('MODIFIED', storedConfigMap('a', 11));
    watch.event('ADDED', storedConfigMap('b', 12));
    watch.event('DELETED', storedConfigMap('a', 13));
    await until(() => expect(told).toEqual(['added a@1', 'updated a@11', 'added b@12', 'deleted a@13']));
  });

  it('falls back to paged lists, for good, when the server has no watch-list', async () => {
    start();
    (await server.next()).failure(422, 'Invalid', {
      message: 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    });
    const first = await server.next();
    expect(first.query).toEqual({ limit: '500' });
    first.list('10', [storedConfigMap('a', 1)], 'more');
    const second = await server.next();
    expect(second.query).toEqual({ limit: '500', continue: 'more' });
    expect(reflector.store.hasSynced).toBe(false);
    second.list('10', [storedConfigMap('b', 2)]);
    const exchange = await server.next();
    expect(exchange.query).toMatchObject({ watch: 'true', resourceVersion: '10', allowWatchBookmarks: 'true' });
    expect(names()).toEqual(['a@1', 'b@2']);
    exchange.watch().error(410, 'Expired');
    (await server.next()).list('20', [storedConfigMap('b', 15)]);
    await until(() => expect(names()).toEqual(['b@15']));
    expect((await server.next()).query).toMatchObject({ watch: 'true', resourceVersion: '20' });
  });

  it('begins anew when the pages expire half way', async () => {
    start();
    (await server.next()).failure(400, 'BadRequest');
    (await server.next()).list('10', [storedConfigMap('a', 1)], 'more');
    (await server.next()).failure(410, 'Expired');
    const again = await server.next();
    expect(again.query).toEqual({ limit: '500' });
    again.list('20', [storedConfigMap('b', 2)]);
    await reflector.store.waitForSync(stop.signal);
    expect(names()).toEqual(['b@2']);
  });

  it('is tried until it works: forbidden, not there yet, broken, cut off', async () => {
    start();
    (await server.next()).failure(403, 'Forbidden');
    (await server.next()).failure(404, 'NotFound');
    (await server.next()).failure(500, 'InternalError');
    (await server.next()).cut();
    const halfWay = (await server.next()).watch();
    halfWay.event('ADDED', storedConfigMap('gone', 1));
    await until(() => expect(names()).toEqual(['gone@1']));
    halfWay.cut();
    const watch = (await server.next()).watch();
    watch.event('ADDED', storedConfigMap('a', 1));
    watch.bookmark('10', { endsInitialEvents: true });
    await reflector.store.waitForSync(stop.signal);
    expect(names()).toEqual(['a@1']);
  });
});

describe('a watch that ends', () => {
  it.each([
    ['is cut off', (watch: ScriptedWatch) => watch.cut()],
    ['is ended by the server', (watch: ScriptedWatch) => watch.end()],
    ['breaks off within a line', (watch: ScriptedWatch) => (watch.raw('{"type":"ADDED","object":{"meta'), watch.end())],
    ['says that the server is busy', (watch: ScriptedWatch) => watch.error(429, 'TooManyRequests')],
  ])('because it %s goes on from the last version seen', async (_why, end) => {
    const watch = await startSynced();
    watch.event('ADDED', storedConfigMap('b', 12));
    await until(() => expect(told).toContain('added b@12'));
    end(watch);
    const next = await server.next();
    expect(isWatchList(next)).toBe(false);
    expect(next.query).toMatchObject({ resourceVersion: '12', allowWatchBookmarks: 'true' });
    const again = next.watch();
    again.event('DELETED', storedConfigMap('a', 13));
    await until(() => expect(names()).toEqual(['b@12']));
  });

  it('goes on from the last bookmark when nothing else was said', async () => {
    const watch = await startSynced();
    watch.bookmark('77');
    watch.end();
    expect((await server.next()).query['resourceVersion']).toBe('77');
  });

  it.each([
    ['with HTTP 410', (exchange: Exchange) => exchange.failure(410, 'Expired')],
    ['with HTTP 410 Gone', (exchange: Exchange) => exchange.failure(410, 'Gone')],
    ['with an ERROR event 410', (exchange: Exchange) => exchange.watch().error(410, 'Expired')],
    ['with an ERROR event of another kind', (exchange: Exchange) => exchange.watch().error(500, 'InternalError')],
    ['with a malformed line', (exchange: Exchange) => exchange.watch().raw('{"type":"ADDED","object":{"kind":"ConfigMap"}}\n')],
    ['with a line that is no JSON', (exchange: Exchange) => exchange.watch().raw('hello\n')],
    [
      'since the version is from the future, as after a restored backup',
      (exchange: Exchange) =>
        exchange.failure(504, 'Timeout', { details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large' }] } }),
    ],
  ])('%s reads everything anew and finds what was missed', async (_how, end) => {
    const watch = await startSynced();
    watch.end();
    end(await server.next());
    const next = await server.next();
    expect(isWatchList(next)).toBe(true);
    expect(next.query['resourceVersion']).toBeUndefined();
    const again = next.watch();
    again.event('ADDED', storedConfigMap('b', 21));
    expect(reflector.store.hasSynced).toBe(true);
    again.bookmark('30', { endsInitialEvents: true });
    await until(() => expect(told).toEqual(['added a@1', 'added b@21', 'deleted a@1']));
    again.end();
    expect((await server.next()).query['resourceVersion']).toBe('30');
  });

  it.each([
    ['refused', (exchange: Exchange) => exchange.failure(403, 'Forbidden')],
    ['unavailable', (exchange: Exchange) => exchange.text(503, 'no endpoints')],
    ['throttled', (exchange: Exchange) => exchange.failure(429, 'TooManyRequests')],
    ['cut', (exchange: Exchange) => exchange.cut()],
  ])('and cannot be opened again because it is %s is tried again from the same version', async (_why, fail) => {
    (await startSynced()).end();
    for (let tries = 0; tries < 4; tries += 1) fail(await server.next());
    const next = await server.next();
    expect(next.query['resourceVersion']).toBe('10');
    next.watch().event('ADDED', storedConfigMap('b', 12));
    await until(() => expect(names()).toEqual(['a@1', 'b@12']));
  });

  it('says nothing for too long is replaced, from the last version', async () => {
    const watch = await startSynced({ livenessMs: 60 });
    await watch.closed();
    const next = await server.next();
    expect(next.query['resourceVersion']).toBe('10');
    const again = next.watch();
    again.event('ADDED', storedConfigMap('b', 12));
    await until(() => expect(names()).toEqual(['a@1', 'b@12']));
  });
});

describe('Retry-After', () => {
  it('is waited for when it is longer than our own wait', async () => {
    (await startSynced()).end();
    const waits = vi.spyOn(globalThis, 'setTimeout');
    (await server.next()).failure(429, 'TooManyRequests', {}, { 'retry-after': '3600' });
    await until(() => expect(waits.mock.calls.map(([, ms]) => ms)).toContain(3_600_000));
    waits.mockRestore();
    expect(server.waiting).toBe(0);
  });
});

describe('stopping', () => {
  it('ends a watch under way and returns', async () => {
    const watch = await startSynced();
    stop.abort();
    await run;
    await expect(watch.closed()).resolves.toBeUndefined();
  });

  it('while waiting to try again opens nothing afterwards', async () => {
    start({ backoff: { initialMs: 50, maxMs: 50 } });
    const waits = vi.spyOn(globalThis, 'setTimeout');
    (await server.next()).failure(500, 'InternalError');
    await until(() => expect(waits.mock.calls.some(([, ms]) => ms !== undefined && ms >= 25 && ms <= 50)).toBe(true));
    waits.mockRestore();
    stop.abort();
    await run;
    await new Promise(resolve => {
      setTimeout(resolve, 120);
    });
    expect(server.waiting).toBe(0);
  });

  it('before the first answer returns as well', async () => {
    start();
    await server.next();
    stop.abort();
    await expect(run).resolves.toBeUndefined();
  });

  it('a second run at the same time is refused', async () => {
    await startSynced();
    await expect(reflector.run(stop.signal)).rejects.toMatchObject({ code: 'AlreadyRunning' });
  });
});

describe('code of ours that throws', () => {
  it('in a listener kills nothing and loses nothing', async () => {
    const watch = await startSynced();
    reflector.store.onChange(() => {
      throw new Error('broken listener');
    });
    watch.event('ADDED', storedConfigMap('b', 12));
    watch.event('ADDED', storedConfigMap('c', 13));
    await until(() => expect(names()).toEqual(['a@1', 'b@12', 'c@13']));
    watch.end();
    expect((await server.next()).query['resourceVersion']).toBe('13');
  });

  it('in the transform stores the object whole', async () => {
    const transform = (object: Live<ConfigMap>): Live<ConfigMap> => {
      if (object.metadata.name === 'bad') throw new Error('broken transform');
      const { data: _dropped, ...kept } = object;
      return kept;
    };
    const watch = await startSynced({ transform });
    watch.event('ADDED', storedConfigMap('bad', 12, { data: { kept: 'yes' } }));
    watch.event('ADDED', storedConfigMap('good', 13, { data: { kept: 'no' } }));
    await until(() => expect(reflector.store.size).toBe(3));
    expect(reflector.store.get('ns/bad')?.data).toEqual({ kept: 'yes' });
    expect(reflector.store.get('ns/good')).not.toHaveProperty('data');
  });
});

it('counts objects, events, reads and failures', async () => {
  const registry = createMetricsRegistry('test');
  const watch = await startSynced({ metrics: new KubeMetrics(registry), name: 'maps' });
  watch.error(410, 'Expired');
  await server.next();
  const page = await registry.metrics();
  registry.clear();
  expect(page).toContain(`${kubeMetricNames.reflectorObjects}{resource="maps",service="test"} 1`);
  expect(page).toContain(`${kubeMetricNames.reflectorEvents}{resource="maps",type="ADDED",service="test"} 1`);
  expect(page).toContain(`${kubeMetricNames.reflectorLists}{resource="maps",kind="watch-list",service="test"} 2`);
  expect(page).toContain(`${kubeMetricNames.reflectorFailures}{resource="maps",code="Expired",service="test"} 1`);
});

it.each([
  [new KubeError('Unreachable', 'x'), false],
  [new KubeError('ServerTimeout', 'x', { status: 504 }), false],
  [new KubeError('Timeout', 'x', { causes: [{ field: '', reason: 'ResourceVersionTooLarge', message: '' }] }), true],
  [new KubeError('Expired', 'x'), true],
  [new KubeError('SomethingNew', 'x'), true],
  [new TypeError('a bug'), true],
])('after %s a full read is needed: %s', (error, needed) => {
  expect(needsFullRead(error)).toBe(needed);
});

it('keeps keys of objects apart by namespace', async () => {
  start({ namespace: undefined });
  const exchange = await server.next();
  expect(exchange.path).toBe('/api/v1/configmaps');
  const watch = exchange.watch();
  for (const namespace of ['n1', 'n2']) watch.event('ADDED', storedConfigMap('a', 1, { namespace }));
  watch.bookmark('10', { endsInitialEvents: true });
  await reflector.store.waitForSync(stop.signal);
  expect([...reflector.store.values()].map(objectKey)).toEqual(['n1/a', 'n2/a']);
});
