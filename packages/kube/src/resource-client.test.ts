import { beforeEach, describe, expect, it } from 'vitest';
import { builtin, type ConfigMap } from './builtin-resources.ts';
import { KubeError } from './kube-error.ts';
import { ResourceClient } from './resource-client.ts';
import { storedConfigMap } from './testing/sample-objects.ts';
import type { KubeRequest, Transport } from './transport.ts';

const never = new AbortController().signal;
const ref = { namespace: 'ns', name: 'a' };
const path = '/api/v1/namespaces/ns/configmaps/a';

/** Answers from a list and remembers what it was asked. */
class ScriptedTransport implements Transport {
  readonly requests: KubeRequest[] = [];
  readonly answers: unknown[] = [];

  async request<T>(request: KubeRequest<T>): Promise<T> {
    this.requests.push(request);
    const answer = this.answers.length > 0 ? this.answers.shift() : storedConfigMap('a', 1);
    if (answer instanceof Error) throw answer;
    return (request.schema === undefined ? answer : request.schema.parse(answer)) as T;
  }

  stream(): Promise<AsyncIterable<Uint8Array>> {
    return Promise.reject(new KubeError('MethodNotAllowed', 'no watches here'));
  }

  async close(): Promise<void> {
    this.answers.length = 0;
  }
}

let transport: ScriptedTransport;
let client: ResourceClient<ConfigMap>;

beforeEach(() => {
  transport = new ScriptedTransport();
  client = new ResourceClient(transport, builtin.configMaps);
});

describe('reading', () => {
  it('find is undefined where get throws NotFound, and both throw the rest', async () => {
    const absent = new KubeError('NotFound', 'x', { status: 404 });
    transport.answers.push(absent, absent, new KubeError('Forbidden', 'x', { status: 403 }));
    await expect(client.get(ref, {}, never)).rejects.toBe(absent);
    expect(await client.find(ref, {}, never)).toBeUndefined();
    await expect(client.find(ref, {}, never)).rejects.toMatchObject({ code: 'Forbidden' });
  });

  it('an answer that is no object is a BadAnswer', async () => {
    transport.answers.push({ kind: 'Status', status: 'Success' });
    await expect(client.get(ref, {}, never)).rejects.toMatchObject({ code: 'BadAnswer' });
  });

  it('a list reads all pages, gives each item its kind, and has the version of the last page', async () => {
    const { kind: _kind, apiVersion: _version, ...bare } = storedConfigMap('b', 2);
    transport.answers.push(
      { metadata: { resourceVersion: '10', continue: 'more' }, items: [storedConfigMap('a', 1)] },
      { metadata: { resourceVersion: '10', continue: '' }, items: [{ ...bare, fieldFromTheFuture: 1 }] },
    );
    const list = await client.list(
      { namespace: 'ns', labelSelector: { matchLabels: { a: 'b' } }, fieldSelector: 'metadata.name=a' },
      {},
      never,
    );
    expect(list).toEqual({
      resourceVersion: '10',
      items: [storedConfigMap('a', 1), { ...storedConfigMap('b', 2), fieldFromTheFuture: 1 }],
    });
    const query = { labelSelector: 'a=b', fieldSelector: 'metadata.name=a', limit: 500 };
    expect(transport.requests.map(request => request.query)).toEqual([query, { ...query, continue: 'more' }]);
  });

  it('an empty list may have no items at all', async () => {
    transport.answers.push({ metadata: { resourceVersion: '10' }, items: null });
    expect(await client.list({}, {}, never)).toEqual({ resourceVersion: '10', items: [] });
  });
});

describe('writing', () => {
  const object = { metadata: { ...ref }, data: { a: 'b' } };
  const body = { apiVersion: 'v1', kind: 'ConfigMap', ...object };
  const strict = { fieldValidation: 'Strict' };

  it.each([
    [
      'create sends the kind, is strict, and may be repeated since the name is fixed',
      () => client.create(object, {}, never),
      { method: 'POST', path: '/api/v1/namespaces/ns/configmaps', body, query: strict, idempotent: true },
    ],
    [
      'create with a generated name must not be repeated',
      () => client.create({ metadata: { namespace: 'ns', generateName: 'a-' } }, {}, never),
      { method: 'POST', idempotent: false },
    ],
    [
      'dry run, manager and validation go into the query',
      () => client.create(object, { dryRun: true, fieldManager: 'me', fieldValidation: 'Ignore', deadlineMs: 5, attempts: 1 }, never),
      { query: { dryRun: 'All', fieldManager: 'me', fieldValidation: 'Ignore' }, deadlineMs: 5, attempts: 1 },
    ],
    [
      'replace',
      () => client.replace(object, { subresource: 'status' }, never),
      { method: 'PUT', path: `${path}/status`, body, query: strict },
    ],
    [
      'apply forces unless told otherwise',
      () => client.apply(object, { fieldManager: 'me' }, never),
      { method: 'PATCH', path, body, contentType: 'application/apply-patch+yaml', query: { ...strict, fieldManager: 'me', force: true } },
    ],
    [
      'apply of the status',
      () => client.applyStatus(object, { fieldManager: 'me', force: false }, never),
      { path: `${path}/status`, query: { ...strict, fieldManager: 'me', force: false } },
    ],
    [
      'merge patch, only if it is still the same object',
      () =>
        client.mergePatch(
          ref,
          { data: { a: null }, metadata: { labels: { x: 'y' } } },
          { preconditions: { uid: 'u', resourceVersion: '7' } },
          never,
        ),
      {
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        body: { data: { a: null }, metadata: { labels: { x: 'y' }, uid: 'u', resourceVersion: '7' } },
      },
    ],
    [
      'merge patch without preconditions is sent as it is',
      () => client.mergePatch(ref, { data: {} }, { subresource: 'status' }, never),
      { path: `${path}/status`, body: { data: {} } },
    ],
    [
      'JSON patch',
      () => client.jsonPatch(ref, [{ op: 'remove', path: '/data/a' }], {}, never),
      { contentType: 'application/json-patch+json', body: [{ op: 'remove', path: '/data/a' }] },
    ],
    [
      'delete, with everything',
      () =>
        client.delete(ref, { preconditions: { uid: 'u' }, propagationPolicy: 'Foreground', gracePeriodSeconds: 0, dryRun: true }, never),
      {
        method: 'DELETE',
        path,
        body: {
          kind: 'DeleteOptions',
          preconditions: { uid: 'u' },
          propagationPolicy: 'Foreground',
          gracePeriodSeconds: 0,
          dryRun: ['All'],
        },
      },
    ],
    [
      'delete of a collection',
      () => client.deleteCollection({ namespace: 'ns', labelSelector: 'a=b' }, {}, never),
      { method: 'DELETE', path: '/api/v1/namespaces/ns/configmaps', query: { labelSelector: 'a=b' } },
    ],
  ])('%s', async (_what, call, expected) => {
    await call();
    expect(transport.requests).toHaveLength(1);
    expect(transport.requests[0]).toMatchObject(expected);
  });

  it('delete says whether there was something, and passes other failures on', async () => {
    transport.answers.push({ kind: 'Status', status: 'Success' }, new KubeError('NotFound', 'x'), new KubeError('Conflict', 'x'));
    expect(await client.delete(ref, {}, never)).toBe(true);
    expect(await client.delete(ref, {}, never)).toBe(false);
    await expect(client.delete(ref, {}, never)).rejects.toMatchObject({ code: 'Conflict' });
  });

  it('the answer to a dry run has no version', async () => {
    const { resourceVersion: _none, ...metadata } = storedConfigMap('a', 1).metadata;
    transport.answers.push({ kind: 'ConfigMap', metadata });
    expect((await client.create(object, { dryRun: true }, never)).metadata.name).toBe('a');
  });
});
