import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { builtin, type Event } from './builtin-resources.ts';
import { EventRecorder } from './event-recorder.ts';
import { ResourceClient } from './resource-client.ts';
import { logger, never, RealCluster } from './testing/real-cluster.ts';

let cluster: RealCluster;
let events: ResourceClient<Event>;

beforeAll(async () => {
  cluster = await RealCluster.start();
  events = new ResourceClient(cluster.transport, builtin.events);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const until = (condition: () => Promise<void> | void) => vi.waitFor(condition, { timeout: 30_000, interval: 50 });

it('the API server takes our events, counts repeats in one series, and an outage loses none', async () => {
  const namespace = await cluster.namespace();
  const maps = new ResourceClient(cluster.transport, builtin.configMaps);
  const about = await maps.create({ metadata: { namespace, name: 'about' } }, {}, never);
  const recorder = new EventRecorder({
    transport: cluster.connect(),
    component: 'buildkite-operator-controller',
    instance: 'pod-1',
    logger,
  });
  const stop = new AbortController();
  const running = recorder.run(stop.signal);
  const note = { type: 'Warning', reason: 'ImagePullFailed', note: `${'ü'.repeat(2000)} cannot be pulled`, action: 'StartPod' } as const;
  recorder.record(builtin.configMaps, about, note);
  await until(async () => expect((await events.list({ namespace }, {}, never)).items).toHaveLength(1));
  for (let repeats = 0; repeats < 5; repeats += 1) recorder.record(builtin.configMaps, about, note);
  await until(async () => {
    const { items } = await events.list({ namespace }, {}, never);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      type: 'Warning',
      reason: 'ImagePullFailed',
      action: 'StartPod',
      reportingController: 'buildkite-operator-controller',
      reportingInstance: 'pod-1',
      regarding: { kind: 'ConfigMap', name: 'about', namespace, uid: about.metadata.uid },
      series: { count: 6 },
    });
  });

  await cluster.server.kill();
  recorder.record(builtin.configMaps, about, { type: 'Normal', reason: 'DuringOutage', note: 'x' });
  await cluster.server.start();
  const node = await new ResourceClient(cluster.transport, builtin.nodes).create({ metadata: { name: 'node-a' } }, {}, never);
  await until(async () => {
    const reasons = (await events.list({ namespace }, {}, never)).items.map(event => event.reason);
    expect(reasons).toContain('DuringOutage');
  });
  recorder.record(builtin.nodes, node, { type: 'Normal', reason: 'LastWords', note: 'sent while stopping' });
  stop.abort();
  await running;
  const inDefault = await events.list({ namespace: 'default' }, {}, never);
  expect(inDefault.items.map(event => event.reason)).toEqual(['LastWords']);
});
