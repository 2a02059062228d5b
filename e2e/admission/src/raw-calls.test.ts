import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job } from './corpus/corpus-object.ts';
import { callRaw, type RawCall } from './raw-call.ts';
import { refusalOf } from './refusal.ts';
import { useAdmission } from './use-admission.ts';
import { WebhookPods } from './webhook-pods.ts';

const admission = useAdmission();
const paths = ['/validate-buildjob', '/validate-buildenvironment', '/mutate-buildenvironment'] as const;

let replica = { host: '', port: 0 };
let before: Readonly<Record<string, number>> = {};

beforeAll(async () => {
  const webhooks = new WebhookPods(admission.current.session);
  const [pod] = await webhooks.pods();
  if (pod === undefined) throw new Error('no webhook runs');
  replica = webhooks.address(pod);
  before = await webhooks.restarts();
});

afterAll(async () => {
  const after = await new WebhookPods(admission.current.session).restarts();
  if (JSON.stringify(after) !== JSON.stringify(before)) throw new Error(`webhooks have ended: ${JSON.stringify({ before, after })}`);
});

const call = (parts: Omit<RawCall, 'host' | 'port'>) => callRaw({ ...replica, ...parts });

function review(object: unknown, more: object = {}): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'b5a3e5a5-0000-4000-8000-000000000000',
      kind: { group: 'buildkite-operator.io', version: 'v1alpha1', kind: 'BuildJob' },
      resource: { group: 'buildkite-operator.io', version: 'v1alpha1', resource: 'buildjobs' },
      name: 'raw',
      namespace: admission.current.session.info.namespace,
      operation: 'CREATE',
      object,
      dryRun: true,
      ...more,
    },
  });
}

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** title, body, the answers that are right. */
const bodies: readonly (readonly [string, () => string | Buffer, readonly (number | undefined)[]])[] = [
  ['nothing', () => '', [400]],
  ['a word', () => 'hello', [400]],
  ['half a review', () => review(job()).slice(0, 200), [400]],
  ['a number', () => '7', [400]],
  ['null', () => 'null', [400]],
  ['an empty object', () => '{}', [400]],
  ['an empty list', () => '[]', [400]],
  ['a review without a request', () => JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }), [400]],
  ['a review of an older version', () => review(job()).replace('admission.k8s.io/v1', 'admission.k8s.io/v1beta1'), [400]],
  ['bytes that are no UTF-8', () => Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), [400]],
  ['a byte order mark', () => `\uFEFF${review(job())}`, [200, 400]],
  ['a thousand levels', () => review(null).replace('null', nested(1000)), [400]],
  ['a hundred thousand levels', () => review(null).replace('null', nested(100_000)), [400]],
  ['a prototype', () => review(null).replace('null', '{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}'), [200, 400]],
  ['an object that is a text', () => review('BuildJob'), [400]],
  ['an object without anything', () => review({}), [200]],
  ['an object with an endless name', () => review(job({}, 'n'.repeat(1_000_000))), [200]],
  ['an operation that there is not', () => review(job(), { operation: 'PATCH' }), [400]],
  ['a change without the old object', () => review(job(), { operation: 'UPDATE' }), [200]],
  ['a deletion without a name', () => review(null, { operation: 'DELETE', name: undefined }), [200]],
  ['a list of a million numbers', () => review(Array.from({ length: 1_000_000 }, () => 1)), [400]],
  ['an object of 3 MB', () => review(job({ command: 'x'.repeat(3_000_000) })), [200]],
  // It may be cut off before all of it was sent.
  ['more than any API server sends', () => `"${'x'.repeat(9_000_000)}"`, [413, undefined]],
];

describe.each(paths)('given %s by itself', path => {
  it.for(bodies)('when it is sent %s, then it answers', async ([, body, right]) => {
    const answer = await call({ path, body: body() });
    expect(right, answer?.body).toContain(answer?.status);
  });

  it.for(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('when it is called by %s, then that is nothing it knows', async method => {
    const answer = await call({ path, method });
    expect(answer?.status).toBeOneOf([404, 405]);
  });

  it('when the body is of another kind by name, then it is read all the same', async () => {
    const answer = await call({ path, body: review({}), headers: { 'content-type': 'text/plain' } });
    expect(answer?.status).toBeOneOf([200, 415]);
  });

  it('when callers break off in the middle, then the next is answered', async () => {
    const body = review(job());
    await Promise.all(Array.from({ length: 20 }, (_, index) => call({ path, body, cutAfter: index * 7 })));
    expect((await call({ path, body }))?.status).toBe(200);
  });
});

describe('given a replica by itself', () => {
  it('when random bytes come, then each is answered as a fault of the caller', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.uint8Array({ maxLength: 2000 }), async (path, bytes) => {
        expect((await call({ path, body: Buffer.from(bytes) }))?.status).toBe(400);
      }),
      { numRuns: 100 },
    );
  });

  it('when random JSON comes as the object of a review, then it is answered', async () => {
    const objects = fc.oneof(
      fc.jsonValue(),
      fc.object({ maxDepth: 5 }),
      fc.dictionary(fc.constantFrom('spec', 'metadata', 'status', '__proto__'), fc.jsonValue()),
    );
    const operations = fc.constantFrom('CREATE', 'UPDATE', 'DELETE');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), objects, objects, operations, async (path, object, oldObject, operation) => {
        expect((await call({ path, body: review(object, { oldObject, operation }) }))?.status).toBeOneOf([200, 400]);
      }),
      { numRuns: 200 },
    );
  });

  it('when somebody speaks no TLS, or an older one, then others are served', async () => {
    await new Promise<void>(resolve => {
      const socket = connect(replica, () => socket.end('GET / HTTP/1.1\r\n\r\n'));
      socket.once('error', () => resolve());
      socket.once('close', () => resolve());
    });
    const older = await new Promise<string>(resolve => {
      const socket = connectTls({ ...replica, maxVersion: 'TLSv1.2', rejectUnauthorized: false }, () => {
        resolve('connected');
        socket.destroy();
      });
      socket.once('error', error => resolve('code' in error ? String(error.code) : error.message));
    });
    expect(older).toContain('PROTOCOL_VERSION');
    expect((await call({ path: paths[0], body: review({}) }))?.status).toBe(200);
  });

  it('when a hundred idle connections are open, then admissions go on', async () => {
    const idle = await Promise.all(
      Array.from(
        { length: 100 },
        () =>
          new Promise<{ destroy(): unknown }>((resolve, reject) => {
            const socket = connectTls({ ...replica, rejectUnauthorized: false }, () => resolve(socket));
            socket.once('error', reject);
          }),
      ),
    );
    try {
      expect(await refusalOf(() => admission.current.create(job(), true))).toBeUndefined();
      expect((await call({ path: paths[0], body: review({}) }))?.status).toBe(200);
    } finally {
      for (const socket of idle) socket.destroy();
    }
  });
});
