import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtin, type ConfigMap } from './builtin-resources.ts';
import { objectKey } from './kube-object.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';
import { ResourceClient } from './resource-client.ts';
import { done, runController, watchStore } from './run-controller.ts';
import { ConfigMapWriter } from './testing/config-map-writer.ts';
import { ConnectionCounter } from './testing/connection-counter.ts';
import { logger, never, RealCluster } from './testing/real-cluster.ts';
import { StoreAudit, versions } from './testing/store-audit.ts';
import { TcpGate } from './testing/tcp-gate.ts';
import type { Transport } from './transport.ts';

vi.setConfig({ testTimeout: 240_000 });

/** The same on a server that streams lists and on one that does not, keeps no cache and forgets the past within seconds. */
describe.each([
  ['with watch-lists', []],
  ['without watch-lists and cache', ['--feature-gates=WatchList=false', '--watch-cache=false', '--etcd-compaction-interval=1s']],
])('an API server %s', (_kind, extraFlags) => {
  let cluster: RealCluster;
  let maps: ResourceClient<ConfigMap>;
  let namespace: string;
  let stop: AbortController;
  let running: Promise<void>[];

  beforeAll(async () => {
    cluster = await RealCluster.start({ extraFlags });
    maps = new ResourceClient(cluster.transport, builtin.configMaps);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    namespace = await cluster.namespace();
    stop = new AbortController();
    running = [];
  });
  afterEach(async () => {
    stop.abort();
    await Promise.all(running);
  });

  function reflect(transport: Transport, more: Partial<ReflectorOptions<ConfigMap>> = {}): Reflector<ConfigMap> {
    const reflector = new Reflector({ transport, resource: builtin.configMaps, namespace, logger, ...more });
    running.push(reflector.run(stop.signal));
    return reflector;
  }

  const until = (condition: () => Promise<void> | void) => vi.waitFor(condition, { timeout: 60_000, interval: 50 });

  it('killed and restarted again and again under load: no object is lost, no delete is missed', async () => {
    const transport = cluster.connect();
    const all = reflect(transport);
    const even = reflect(transport, { labelSelector: { matchLabels: { parity: 'even' } } });
    const audit = new StoreAudit(all.store);
    const reconciled = new Map<string, string | undefined>();
    running.push(
      runController(
        {
          name: 'test',
          concurrency: 4,
          sources: [watchStore(all.store, change => [objectKey(change.object)])],
          reconcile: async key => {
            await pause(1);
            reconciled.set(key, all.store.get(key)?.metadata.resourceVersion);
            return done();
          },
          logger,
        },
        stop.signal,
      ),
    );
    const enough = new AbortController();
    const writers = ['a', 'b', 'c', 'd'].map(prefix => new ConfigMapWriter(cluster.connect(), namespace, prefix));
    const writing = writers.map(writer => writer.run(enough.signal));
    for (let kills = 0; kills < 3; kills += 1) {
      await pause(1500);
      await cluster.server.kill();
      await pause(300);
      await cluster.server.start();
    }
    await pause(1000);
    enough.abort();
    await Promise.all(writing);

    const fresh = await maps.list({ namespace }, {}, never);
    const written = new Map(writers.flatMap(writer => [...writer.expected]));
    expect(new Map(fresh.items.map(({ metadata, data }) => [metadata.name, data?.['value']] as const))).toEqual(written);
    expect(writers.reduce((sum, writer) => sum + writer.writes, 0)).toBeGreaterThan(200);
    await until(() => expect(versions(all.store.values())).toEqual(versions(fresh.items)));
    const freshEven = fresh.items.filter(item => item.metadata.labels?.['parity'] === 'even');
    await until(() => expect(versions(even.store.values())).toEqual(versions(freshEven)));
    expect(audit.faults).toEqual([]);
    expect(audit.known).toEqual(versions(fresh.items));
    await until(() => {
      const existing = [...reconciled].filter(([, version]) => version !== undefined);
      expect(new Map(existing)).toEqual(audit.known);
    });
  });

  it('cut off until its version has expired, a reflector catches up, deletes included', async () => {
    await using gate = await TcpGate.start(cluster.access.server);
    const cut = cluster.connect({ access: { ...cluster.access, server: gate.url } });
    for (const name of ['kept', 'changed', 'deleted']) await maps.create({ metadata: { namespace, name } }, {}, never);
    const reflector = reflect(cut, { backoff: { initialMs: 100, maxMs: 500 } });
    await reflector.store.waitForSync(never);
    const audit = new StoreAudit(reflector.store);
    const told: string[] = [];
    reflector.store.onChange(({ type, object }) => told.push(`${type} ${object.metadata.name}`));
    gate.shut();

    await maps.delete({ namespace, name: 'deleted' }, {}, never);
    await maps.create({ metadata: { namespace, name: 'made' } }, {}, never);
    const changed = await maps.mergePatch({ namespace, name: 'changed' }, { data: { x: '1' } }, {}, never);
    // The past is gone from the cache with a restart, and from etcd with a compaction.
    await pause(3000);
    await cluster.server.restart();
    await until(async () => {
      const past = { path: `/api/v1/namespaces/${namespace}/configmaps`, query: { watch: true, resourceVersion: '2', timeoutSeconds: 1 } };
      const expired = await linesOf(cluster.transport, past).catch((thrown: unknown) => String(thrown));
      expect(expired).toMatch(/too old resource version|compacted|Expired/);
    });
    gate.open();
    await until(() => expect(told.toSorted()).toEqual(['added made', 'deleted deleted', 'updated changed']));
    expect(reflector.store.get(`${namespace}/changed`)?.metadata.resourceVersion).toBe(changed.metadata.resourceVersion);
    await maps.create({ metadata: { namespace, name: 'later' } }, {}, never);
    await until(() => expect(told).toContain('added later'));
    expect(audit.faults).toEqual([]);
  });

  it('holds one connection for each watch, and as many calls as there are over a few', async () => {
    using counter = new ConnectionCounter(cluster.access.server);
    const transport = cluster.connect({ maxConnections: 4 });
    const reflectors = Array.from({ length: 5 }, () => reflect(transport));
    await Promise.all(reflectors.map(reflector => reflector.store.waitForSync(never)));
    const own = new ResourceClient(transport, builtin.configMaps);
    await Promise.all(
      Array.from({ length: 100 }, (_none, index) => own.create({ metadata: { namespace, name: `n-${index}` } }, {}, never)),
    );
    await until(() => expect(reflectors.map(reflector => reflector.store.size)).toEqual(Array(5).fill(100)));
    expect(counter.count).toBeLessThanOrEqual(5 + 4);
  });

  it('away when a reflector is stopped is not called again when it is back', async () => {
    const reflector = reflect(cluster.connect(), { backoff: { initialMs: 500, maxMs: 1000 } });
    await reflector.store.waitForSync(never);
    await cluster.server.kill();
    await pause(1000);
    stop.abort();
    await Promise.all(running);
    using counter = new ConnectionCounter(cluster.access.server);
    await cluster.server.start();
    await pause(2000);
    expect(counter.count).toBe(0);
  });
});

async function linesOf(transport: Transport, request: Parameters<Transport['stream']>[0]): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await transport.stream(request, never)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
