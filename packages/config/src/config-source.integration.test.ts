import { type ApiServer, startApiServer } from '@buildkite-operator/e2e-cluster';
import {
  builtin,
  type ConfigMap,
  createTransport,
  EventRecorder,
  type Live,
  loadClusterAccess,
  ResourceClient,
  type Transport,
} from '@buildkite-operator/kube';
import { createLogger, createMetricsRegistry } from '@buildkite-operator/service';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigSource } from './config-source.ts';
import type { OperatorConfig } from './operator-config.ts';

const logger = createLogger('test', 'silent');
const never = new AbortController().signal;
const name = 'buildkite-operator-config';
const until = (condition: () => Promise<void> | void) => vi.waitFor(condition, { timeout: 60_000, interval: 50 });

let server: ApiServer;
let transport: Transport;
let maps: ResourceClient<ConfigMap>;
let namespaces = 0;
let namespace: string;
let stop: AbortController;
let source: ConfigSource;
let registry: ReturnType<typeof createMetricsRegistry>;
let applied: OperatorConfig[];
let running: Promise<void>[];

beforeAll(async () => {
  server = await startApiServer();
  transport = createTransport({ access: await loadClusterAccess({ kubeconfig: server.kubeconfigPath }), logger });
  maps = new ResourceClient(transport, builtin.configMaps);
});
afterAll(async () => {
  await transport?.close();
  await server?.stop();
});

beforeEach(async () => {
  namespaces += 1;
  namespace = `operator-${namespaces}`;
  await new ResourceClient(transport, builtin.namespaces).create({ metadata: { name: namespace } }, {}, never);
  stop = new AbortController();
  registry = createMetricsRegistry('test');
  applied = [];
  const events = new EventRecorder({ transport, component: 'test', instance: 'pod-1', logger });
  source = new ConfigSource({ transport, namespace, name, events, logger, registry });
  source.subscribe(config => applied.push(config));
  running = [events.run(stop.signal), source.run(stop.signal)];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running);
});

const good = (timeoutSeconds: number) => ({ pod_defaults: `agentImage: agent:1\ntimeoutSeconds: ${timeoutSeconds}` });
const bad = { pod_defaults: 'agentImage: agent:1\ntimeoutSeconds: soon' };

/** Writes the ConfigMap with exactly these keys. */
function write(data: Record<string, string>, more: Partial<ConfigMap> = {}): Promise<Live<ConfigMap>> {
  return maps.apply({ metadata: { name, namespace }, data, ...more }, { fieldManager: 'test' }, never);
}

const timeout = () => source.current()?.pod_defaults.timeoutSeconds;
const metric = async (metricName: string) =>
  (await registry.getSingleMetric(`buildkite_operator_${metricName}`)?.get())?.values.map(({ value }) => value);

async function eventsOf(reason: string) {
  const { items } = await new ResourceClient(transport, builtin.events).list({ namespace }, {}, never);
  return items.filter(event => event.reason === reason);
}

describe('the configuration', () => {
  it('is waited for, comes into force when the ConfigMap is made, and follows its changes', async () => {
    await until(() =>
      expect(source.missing()).toBe(
        `there is no ConfigMap ${namespace}/${name}: apply the operator's manifests again; no configuration is in force`,
      ),
    );
    expect(await metric('config_valid')).toEqual([0]);
    const first = source.first(stop.signal);

    await write(good(1));
    expect(await first).toMatchObject({ job_namespace: namespace, pod_defaults: { timeoutSeconds: 1 } });
    expect([source.missing(), source.problem]).toEqual([undefined, undefined]);
    await write({ ...good(2), job_namespace: 'ci' });
    await until(() => expect(source.current()).toMatchObject({ job_namespace: 'ci', pod_defaults: { timeoutSeconds: 2 } }));

    expect(applied.map(config => config.pod_defaults.timeoutSeconds)).toEqual([1, 2]);
    expect([await metric('config_valid'), await metric('config_applied_total')]).toEqual([[1], [2]]);
    await until(async () =>
      expect(await eventsOf('ConfigApplied')).toMatchObject([{ type: 'Normal', regarding: { kind: 'ConfigMap', name } }]),
    );
  });

  it('stays as it was while the ConfigMap is wrong, and an Event names the fault', async () => {
    await write(good(1));
    await until(() => expect(timeout()).toBe(1));
    await write(bad);
    await until(async () => expect(await metric('config_valid')).toEqual([0]));
    expect(timeout()).toBe(1);
    expect(source.missing()).toBeUndefined();
    expect(source.problem).toMatch(
      /pod_defaults\.timeoutSeconds \(line 2\): must be a number \(found "soon"\)\nthe last good configuration stays/,
    );
    await until(async () => {
      const [event] = await eventsOf('InvalidConfig');
      expect(event).toMatchObject({ type: 'Warning', regarding: { kind: 'ConfigMap', name, namespace } });
      expect(event?.note).toMatch(/pod_defaults\.timeoutSeconds/);
    });

    await write(good(1));
    await until(async () => expect(await metric('config_valid')).toEqual([1]));
    expect(applied, 'going back to what is in force changes nothing').toHaveLength(1);
  });

  it('is not there at all where the first ConfigMap is wrong; the reason can be told', async () => {
    await write({ pod_defaults: 'agentImage: agent:1', pod_default: '' });
    await until(() => expect(source.missing()).toMatch(/pod_default: is no key of the configuration/));
    expect(source.current()).toBeUndefined();
    await write(good(3));
    await until(() => expect(timeout()).toBe(3));
  });

  it('takes no binary value for text', async () => {
    await write(good(1), { binaryData: { policy: 'AAECgA==' } });
    await until(() => expect(source.missing()).toMatch(/policy: is binary/));
  });

  it('outlives the ConfigMap, and follows it when it comes back', async () => {
    await write(good(1));
    await until(() => expect(timeout()).toBe(1));
    await maps.delete({ name, namespace }, {}, never);
    await until(() => expect(source.problem).toMatch(/apply the operator's manifests again; the last good configuration stays in force/));
    expect([timeout(), source.missing(), await metric('config_valid')]).toEqual([1, undefined, [0]]);
    await until(async () => expect(await eventsOf('ConfigMissing')).toHaveLength(1));

    await write(good(1));
    await until(() => expect(source.problem).toBeUndefined());
    await write(good(4));
    await until(() => expect(timeout()).toBe(4));
  });

  it('is not touched by other ConfigMaps or by labels', async () => {
    await write(good(1));
    await until(() => expect(timeout()).toBe(1));
    await maps.create({ metadata: { name: 'other', namespace }, data: bad }, {}, never);
    await maps.apply({ metadata: { name, namespace, labels: { a: 'b' } } }, { fieldManager: 'labels' }, never);
    await write(good(5));
    await until(() => expect(timeout()).toBe(5));
    expect([await metric('config_valid'), await metric('config_applied_total')]).toEqual([[1], [2]]);
  });

  it('outlives the API server, and follows what changed meanwhile', async () => {
    await write(good(1));
    await until(() => expect(timeout()).toBe(1));
    await server.kill();
    expect(timeout()).toBe(1);
    await server.start();
    await write(good(6));
    await until(() => expect(timeout()).toBe(6));
    expect(source.problem).toBeUndefined();
  });

  it('is not waited for by a process that ends', async () => {
    const first = source.first(stop.signal);
    stop.abort();
    await expect(first).rejects.toThrow('abort');
  });
});
