import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createLogger } from '@buildkite-operator/service';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { ConfigMap } from './builtin-resources.ts';
import { type Live, objectKey } from './kube-object.ts';
import { type Change, Store } from './store.ts';
import { storedConfigMap } from './testing/sample-objects.ts';
import { WorkQueue } from './work-queue.ts';

const never = new AbortController().signal;

function owned(object: Live<ConfigMap>, ...uids: string[]): Live<ConfigMap> {
  const ownerReferences = uids.map(uid => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid }));
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

function recorded(store: Store<ConfigMap>): Change<ConfigMap>[] {
  const changes: Change<ConfigMap>[] = [];
  store.onChange(change => changes.push(change));
  return changes;
}

describe('a store', () => {
  it('tells what was added, updated and deleted, with the state before', () => {
    const store = new Store<ConfigMap>();
    const changes = recorded(store);
    const [first, second, last] = [storedConfigMap('a', 1), storedConfigMap('a', 2), storedConfigMap('a', 3)];
    store.set(first);
    store.set(second);
    store.delete(last);
    store.delete(last);
    expect(changes).toEqual([
      { type: 'added', object: first },
      { type: 'updated', object: second, previous: first },
      { type: 'deleted', object: last },
    ]);
    expect(store.size).toBe(0);
  });

  it('takes the same version again for no change, but not another object of the same name', () => {
    const store = new Store<ConfigMap>();
    const changes = recorded(store);
    store.set(storedConfigMap('a', 1));
    store.set(storedConfigMap('a', 1));
    store.set(storedConfigMap('a', 1, { uid: 'another' }));
    expect(changes.map(change => change.type)).toEqual(['added', 'updated']);
  });

  it('removes what a full read did not have', () => {
    const store = new Store<ConfigMap>();
    for (const name of ['a', 'b', 'c']) store.set(storedConfigMap(name, 1));
    const changes = recorded(store);
    store.retainOnly(new Set(['ns/b', 'ns/new']));
    expect([...store.values()].map(objectKey)).toEqual(['ns/b']);
    expect(changes.map(change => `${change.type} ${objectKey(change.object)}`)).toEqual(['deleted ns/a', 'deleted ns/c']);
  });

  it('keeps telling the other listeners when one throws, and keeps the change', () => {
    const store = new Store<ConfigMap>({ logger: createLogger('test', 'silent') });
    const told = vi.fn<() => void>();
    store.onChange(() => {
      throw new Error('broken listener');
    });
    const stop = store.onChange(told);
    store.set(storedConfigMap('a', 1));
    expect(told).toHaveBeenCalledOnce();
    expect(store.get('ns/a')).toBeDefined();
    stop();
    store.set(storedConfigMap('a', 2));
    expect(told).toHaveBeenCalledOnce();
  });

  it('has already taken the change when it tells of it', () => {
    const store = new Store<ConfigMap>();
    const seen: (string | undefined)[] = [];
    store.onChange(({ object }) => seen.push(store.get(objectKey(object))?.metadata.resourceVersion));
    store.set(storedConfigMap('a', 1));
    store.delete(storedConfigMap('a', 2));
    expect(seen).toEqual(['1', undefined]);
  });
});

describe('indexes', () => {
  it('find by namespace, owner and what we define, after any history', () => {
    const namespaces = ['n1', 'n2'];
    const uids = ['u1', 'u2', 'u3'];
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      namespace: fc.constantFrom(...namespaces),
      version: fc.nat(5),
      owners: fc.subarray(uids),
      colour: fc.constantFrom('red', 'blue'),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const store = new Store<ConfigMap>({ indexes: { colour: object => [object.data?.['colour'] ?? ''] } });
        for (const { name, namespace, version, owners, colour, remove } of steps) {
          const object = owned(storedConfigMap(name, version, { namespace, data: { colour } }), ...owners);
          if (remove) store.delete(object);
          else store.set(object);
        }
        const all = [...store.values()];
        const keys = (objects: Iterable<Live<ConfigMap>>) => [...objects].map(objectKey).sort();
        for (const namespace of namespaces) {
          expect(keys(store.inNamespace(namespace))).toEqual(keys(all.filter(object => object.metadata.namespace === namespace)));
        }
        for (const uid of uids) {
          expect(keys(store.ownedBy(uid))).toEqual(
            keys(all.filter(object => object.metadata.ownerReferences?.some(owner => owner.uid === uid))),
          );
        }
        expect(keys(store.byIndex('colour', 'red'))).toEqual(keys(all.filter(object => object.data?.['colour'] === 'red')));
      }),
    );
  });

  it('that do not exist are named in the error', () => {
    expect(() => new Store({ indexes: { node: () => [] } }).byIndex('nodes', 'x')).toThrow(
      expect.objectContaining({ code: 'UnknownIndex', message: expect.stringContaining('node, namespace, ownerUid') }),
    );
  });

  it('whose function throws leave the object out of that index only', () => {
    const broken = () => {
      throw new Error('broken index');
    };
    const store = new Store<ConfigMap>({ indexes: { broken }, logger: createLogger('test', 'silent') });
    store.set(storedConfigMap('a', 1));
    expect(store.byIndex('broken', 'x')).toEqual([]);
    expect(store.inNamespace('ns')).toHaveLength(1);
  });
});

describe('waiting for the first full read', () => {
  it('ends with it, and is over at once afterwards', async () => {
    const store = new Store();
    const waiting = store.waitForSync(never);
    expect(store.hasSynced).toBe(false);
    store.markSynced();
    await waiting;
    await store.waitForSync(never);
    expect(store.hasSynced).toBe(true);
  });

  it("throws the signal's reason when it is aborted", async () => {
    const stop = new AbortController();
    const waiting = new Store().waitForSync(stop.signal);
    const reason = new Error('stopped');
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

it('after a churn of many objects and keys, store and queue hold no memory', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const heap = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const store = new Store<ConfigMap>({ indexes: { colour: object => [object.data?.['colour'] ?? ''] } });
  const queue = new WorkQueue();
  const churn = (rounds: number) => {
    for (let index = 0; index < rounds; index += 1) {
      const owner = `owner-${index}`;
      const data = { colour: String(index), filling: `${index}`.repeat(200) };
      const object = owned(storedConfigMap(`n-${index}`, index, { namespace: `ns-${index}`, data }), owner);
      store.set(object);
      queue.addAfter(objectKey(object), 60_000);
      queue.addRateLimited(objectKey(object));
      queue.add(objectKey(object));
      queue.forget(objectKey(object));
      store.delete(object);
    }
  };
  churn(1000);
  const before = heap();
  churn(50_000);
  // 50,000 objects of more than 1 kB came and went; the queue still holds their keys, as nobody works on them.
  expect(queue.depth).toBe(50_000);
  expect(store.size).toBe(0);
  await queue.run(1, async () => undefined, AbortSignal.abort());
  expect(heap() - before).toBeLessThan(10 * 1024 * 1024);
});
