import { createLogger } from '@buildkite-operator/service';
import { describe, expect, it, vi } from 'vitest';
import { builtin } from './builtin-resources.ts';
import { KubeError } from './kube-error.ts';
import { NamespaceWatch } from './namespace-watch.ts';
import { Reflector } from './reflector.ts';
import type { StreamRequest, Transport } from './transport.ts';

const synced = JSON.stringify({
  type: 'BOOKMARK',
  object: { kind: 'X', metadata: { resourceVersion: '1', annotations: { 'k8s.io/initial-events-end': 'true' } } },
});

/** A server where every namespace is empty. It knows which watches are open. */
class EmptyServer implements Transport {
  readonly open = new Set<string>();
  /** The most watches that were open at once. */
  most = 0;

  request(): Promise<never> {
    return Promise.reject(new KubeError('MethodNotAllowed', 'watches only', { status: 405 }));
  }

  async stream({ path }: StreamRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    this.open.add(path);
    this.most = Math.max(this.most, this.open.size);
    return this.#lines(path, signal);
  }

  async close(): Promise<void> {
    this.open.clear();
  }

  async *#lines(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    try {
      yield Buffer.from(`${synced}\n`);
      const aborted = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => aborted.resolve(), { once: true });
      if (!signal.aborted) await aborted.promise;
      throw signal.reason;
    } finally {
      this.open.delete(path);
    }
  }
}

const watchesOf = (namespace: string) => [`/api/v1/namespaces/${namespace}/pods`, `/api/v1/namespaces/${namespace}/secrets`];

function world() {
  const server = new EmptyServer();
  const logger = createLogger('test', 'silent');
  const reflectorsOf = (namespace: string) => ({
    pods: new Reflector({ transport: server, namespace, logger, resource: builtin.pods }),
    secrets: new Reflector({ transport: server, namespace, logger, resource: builtin.secrets }),
  });
  const watch = new NamespaceWatch({ reflectorsOf, logger }, 'one');
  const stop = new AbortController();
  const running = watch.run(stop.signal);
  return { server, watch, stop, running };
}

/** Work that goes on until it is told to stop, and the namespaces that it was done for. */
function endlessWork() {
  const begun: string[] = [];
  const ended: string[] = [];
  const work = async ({ namespace }: { readonly namespace: string }, signal: AbortSignal) => {
    begun.push(namespace);
    await vi.waitFor(() => expect(signal.aborted).toBe(true), { timeout: 20_000, interval: 5 });
    ended.push(namespace);
  };
  return { begun, ended, work };
}

describe('a watch of one namespace', () => {
  it('goes over to another one: the old watches end before the new ones begin, and work begins anew', async () => {
    const { server, watch, stop, running } = world();
    const { begun, ended, work } = endlessWork();
    const leading = new AbortController();
    const working = watch.forEach(work, leading.signal);
    await vi.waitFor(() => expect(watch.hasSynced).toBe(true));
    expect([...server.open].toSorted()).toEqual(watchesOf('one'));

    watch.moveTo('two');
    expect(watch.hasSynced).toBe(false);
    await vi.waitFor(() => expect(watch.hasSynced && begun.includes('two')).toBe(true));
    expect([...server.open].toSorted()).toEqual(watchesOf('two'));
    expect({ most: server.most, begun, ended, namespace: watch.stores.namespace }).toEqual({
      most: 2,
      begun: ['one', 'two'],
      ended: ['one'],
      namespace: 'two',
    });

    leading.abort();
    await working;
    expect(server.open.size, 'a replica that leads no longer watches on').toBe(2);
    stop.abort();
    await running;
    expect(server.open.size).toBe(0);
  });

  it('ends in the last namespace that was asked for, however quickly one follows another', async () => {
    const { server, watch, stop, running } = world();
    for (const namespace of ['two', 'three', 'one', 'four']) watch.moveTo(namespace);
    await vi.waitFor(() => expect(watch.hasSynced).toBe(true));
    expect([...server.open].toSorted()).toEqual(watchesOf('four'));
    stop.abort();
    await running;
  });

  it('is not disturbed by the namespace that it is in', async () => {
    const { watch, stop, running } = world();
    const { stores } = watch;
    watch.moveTo('one');
    await vi.waitFor(() => expect(watch.hasSynced).toBe(true));
    expect(watch.stores).toBe(stores);
    stop.abort();
    await running;
  });

  it('lets work under way end with the process', async () => {
    const { watch, stop, running } = world();
    const { ended, work } = endlessWork();
    const working = watch.forEach(work, stop.signal);
    stop.abort();
    await Promise.all([running, working]);
    expect(ended).toEqual(['one']);
  });
});
