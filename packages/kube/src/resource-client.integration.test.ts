import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtin, type ConfigMap, type Pod } from './builtin-resources.ts';
import { formatFieldSelector } from './label-selector.ts';
import { ownerReference } from './owner-reference.ts';
import { ResourceClient } from './resource-client.ts';
import { ConnectionCounter } from './testing/connection-counter.ts';
import { never, RealCluster } from './testing/real-cluster.ts';

let cluster: RealCluster;
let maps: ResourceClient<ConfigMap>;
let pods: ResourceClient<Pod>;
let namespace: string;

beforeAll(async () => {
  cluster = await RealCluster.start();
  maps = new ResourceClient(cluster.transport, builtin.configMaps);
  pods = new ResourceClient(cluster.transport, builtin.pods);
});
beforeEach(async () => {
  namespace = await cluster.namespace();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const pod = (name: string, spec: Record<string, unknown> = {}): Pod => ({
  metadata: { namespace, name },
  spec: { containers: [{ name: 'main', image: 'example.org/none' }], ...spec },
});

describe('create', () => {
  it('stores the object and answers with it; a second one of the name is AlreadyExists', async () => {
    const made = await maps.create({ metadata: { namespace, name: 'a' }, data: { x: '1' } }, {}, never);
    expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { x: '1' } });
    expect(typeof made.metadata.creationTimestamp).toBe('string');
    await expect(maps.create({ metadata: { namespace, name: 'a' } }, {}, never)).rejects.toMatchObject({
      code: 'AlreadyExists',
      status: 409,
    });
  });

  it('refuses a field that the server does not know, and names it, rather than losing it', async () => {
    const creating = pods.create(pod('a', { fieldFromTheFuture: true }), {}, never);
    await expect(creating).rejects.toMatchObject({ code: 'BadRequest', message: expect.stringContaining('spec.fieldFromTheFuture') });
  });

  it('names each wrong field of an invalid object', async () => {
    const creating = pods.create(pod('a', { restartPolicy: 'Sometimes', containers: [] }), {}, never);
    const causes = [expect.objectContaining({ field: 'spec.containers' }), expect.objectContaining({ field: 'spec.restartPolicy' })];
    await expect(creating).rejects.toMatchObject({ code: 'Invalid', status: 422, causes: expect.arrayContaining(causes) });
  });

  it('in a dry run checks and stores nothing', async () => {
    const checked = await pods.create(pod('a'), { dryRun: true }, never);
    expect(checked.spec?.schedulerName).toBe('default-scheduler');
    expect(await pods.find({ namespace, name: 'a' }, {}, never)).toBeUndefined();
  });

  it('500 times needs no more connections than the pool has', async () => {
    using counter = new ConnectionCounter(cluster.access.server);
    const own = new ResourceClient(cluster.connect({ maxConnections: 8 }), builtin.configMaps);
    const made = Array.from({ length: 500 }, (_none, index) => own.create({ metadata: { namespace, name: `n-${index}` } }, {}, never));
    await Promise.all(made);
    expect(counter.count).toBeGreaterThan(0);
    expect(counter.count).toBeLessThanOrEqual(8);
    // Read in pages of 500, so that this takes two, and again over the same connections.
    await own.create({ metadata: { namespace, name: 'one-more' } }, {}, never);
    expect((await own.list({ namespace }, {}, never)).items).toHaveLength(501);
    expect(counter.count).toBeLessThanOrEqual(8);
  });
});

describe('apply', () => {
  const map = (data: Record<string, string>): ConfigMap => ({ metadata: { namespace, name: 'a' }, data });

  it('creates, owns its fields, and removes those that it no longer gives, but not those of others', async () => {
    await maps.apply(map({ ours: '1', both: '1' }), { fieldManager: 'us' }, never);
    await maps.apply(map({ theirs: '1' }), { fieldManager: 'them' }, never);
    const applied = await maps.apply(map({ ours: '2' }), { fieldManager: 'us' }, never);
    expect(applied.data).toEqual({ ours: '2', theirs: '1' });
  });

  it('takes a field by force unless told not to, and then says whose it is', async () => {
    await maps.apply(map({ x: '1' }), { fieldManager: 'them' }, never);
    const timid = maps.apply(map({ x: '2' }), { fieldManager: 'us', force: false }, never);
    await expect(timid).rejects.toMatchObject({
      code: 'Conflict',
      causes: [{ field: '.data.x', message: expect.stringContaining('them') }],
    });
    expect((await maps.apply(map({ x: '2' }), { fieldManager: 'us' }, never)).data).toEqual({ x: '2' });
  });

  it('of the status leaves the rest alone', async () => {
    await pods.create(pod('a'), {}, never);
    const status = { conditions: [{ type: 'example.org/Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] };
    const applied = await pods.applyStatus({ metadata: { namespace, name: 'a' }, status }, { fieldManager: 'us' }, never);
    expect(applied.status?.conditions).toContainEqual(expect.objectContaining(status.conditions[0]));
    expect(applied.spec?.containers).toHaveLength(1);
  });
});

describe('patch and replace', () => {
  it('hit only the version that was seen, when asked', async () => {
    const first = await maps.create({ metadata: { namespace, name: 'a' }, data: { x: '1' } }, {}, never);
    const { uid, resourceVersion } = first.metadata;
    const ref = { namespace, name: 'a' };
    const second = await maps.mergePatch(ref, { data: { x: null, y: '2' } }, { preconditions: { uid, resourceVersion } }, never);
    expect(second.data).toEqual({ y: '2' });
    await expect(maps.mergePatch(ref, { data: { y: '3' } }, { preconditions: { resourceVersion } }, never)).rejects.toMatchObject({
      code: 'Conflict',
    });
    await expect(maps.replace({ ...first, data: {} }, {}, never)).rejects.toMatchObject({ code: 'Conflict' });
    expect((await maps.replace({ ...second, data: { z: '4' } }, {}, never)).data).toEqual({ z: '4' });
  });

  it('by JSON patch fail when a test operation does not hold', async () => {
    await maps.create({ metadata: { namespace, name: 'a' }, data: { x: '1' } }, {}, never);
    const operations = [
      { op: 'test', path: '/data/x', value: '2' },
      { op: 'remove', path: '/data/x' },
    ] as const;
    await expect(maps.jsonPatch({ namespace, name: 'a' }, operations, {}, never)).rejects.toMatchObject({ code: 'Invalid' });
    const [test, remove] = operations;
    const patched = await maps.jsonPatch({ namespace, name: 'a' }, [{ ...test, value: '1' }, remove], {}, never);
    expect(patched.data ?? {}).toEqual({});
  });
});

describe('delete', () => {
  it('spares another object of the same name, and says when there was none', async () => {
    const made = await maps.create({ metadata: { namespace, name: 'a' } }, {}, never);
    const ref = { namespace, name: 'a' };
    await expect(maps.delete(ref, { preconditions: { uid: 'another' } }, never)).rejects.toMatchObject({ code: 'Conflict' });
    expect(await maps.delete(ref, { preconditions: { uid: made.metadata.uid } }, never)).toBe(true);
    expect(await maps.delete(ref, {}, never)).toBe(false);
  });

  it('of a collection takes only what is selected', async () => {
    for (const name of ['a', 'b', 'c'])
      await maps.create({ metadata: { namespace, name, labels: { keep: String(name === 'c') } } }, {}, never);
    await maps.deleteCollection({ namespace, labelSelector: { matchLabels: { keep: 'false' } } }, {}, never);
    const left = await maps.list({ namespace, fieldSelector: formatFieldSelector({ 'metadata.namespace': namespace }) }, {}, never);
    expect(left.items.map(item => item.metadata.name)).toEqual(['c']);
  });
});

it('an owner reference is accepted as written', async () => {
  const owner = await maps.create({ metadata: { namespace, name: 'owner' } }, {}, never);
  const owned = { metadata: { namespace, name: 'owned', ownerReferences: [ownerReference(builtin.configMaps, owner)] } };
  const made = await maps.create(owned, {}, never);
  expect(made.metadata.ownerReferences).toEqual(owned.metadata.ownerReferences);
});
