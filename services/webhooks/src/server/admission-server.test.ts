import { request } from 'node:https';
import { createLogger, createMetricsRegistry } from '@buildkite-operator/service';
import { array, assert, asyncProperty, jsonValue, oneof, string, uint8Array } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowed, allowedWithWarning, refused, type Verdict } from '../admission/verdict.ts';
import { issueAuthority, issueServing } from '../certificates/issue.ts';
import { type AdmissionServer, startAdmissionServer } from './admission-server.ts';
import { WebhookMetrics } from './webhook-metrics.ts';

const registry = createMetricsRegistry('webhooks-test');

describe('the server of the webhooks', () => {
  let server: AdmissionServer;
  let ca: string;
  let verdict: () => Promise<Verdict> = async () => allowed;

  beforeAll(async () => {
    server = await startAdmissionServer({
      host: '127.0.0.1',
      port: 0,
      logger: createLogger('test', 'silent'),
      metrics: new WebhookMetrics(registry),
      webhooks: { 'validate-x': async () => ({ verdict: await verdict() }) },
    });
    const authority = await issueAuthority({ now: Date.now(), lifetimeMs: 600_000 });
    ca = authority.certificate;
    server.serve(await issueServing(authority, { now: Date.now(), lifetimeMs: 600_000, names: ['127.0.0.1'] }));
  });
  afterAll(async () => {
    await server.close();
  });

  const post = async (body: Buffer | string, path = '/validate-x', options: object = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string; connection: string | undefined }>();
    const sent = request({ host: '127.0.0.1', port: server.port, path, method: 'POST', ca, agent: false, ...options }, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), connection: response.headers.connection }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
    return promise;
  };
  const review = (request: object = {}) => ({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u-1',
      kind: { group: 'buildkite-operator.io', version: 'v1alpha1', kind: 'BuildJob' },
      resource: { group: 'buildkite-operator.io', version: 'v1alpha1', resource: 'buildjobs' },
      operation: 'CREATE',
      name: 'job',
      object: {},
      ...request,
    },
  });

  it('answers a review, with the uid of the request', async () => {
    verdict = async () => allowedWithWarning('mind this');
    const { status, text } = await post(JSON.stringify(review()));
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u-1', allowed: true, warnings: ['mind this'] },
    });
  });

  it('tells every fault, with field and value, to people and to programs', async () => {
    verdict = async () => refused({ field: 'spec.a', problem: 'must be b', value: 'c' }, { field: 'spec.d[0]', problem: 'is wrong' });
    const { response } = JSON.parse((await post(JSON.stringify(review()))).text);
    expect(response.status).toMatchObject({ status: 'Failure', code: 422, reason: 'Invalid' });
    expect(response.status.message).toBe('2 problems:\n- spec.a: must be b (found "c")\n- spec.d[0]: is wrong');
    expect(response.status.details.causes).toEqual([
      { reason: 'FieldValueInvalid', field: 'spec.a', message: 'must be b (found "c")' },
      { reason: 'FieldValueInvalid', field: 'spec.d[0]', message: 'is wrong' },
    ]);
  });

  it.each<[string, string | Buffer, string]>([
    ['nothing', '', 'empty'],
    ['no JSON', '{', 'not JSON'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'not JSON'],
    ['no object', 'null', 'not an AdmissionReview'],
    ['another kind', JSON.stringify({ ...review(), kind: 'Pod' }), 'kind'],
    ['another version', JSON.stringify({ ...review(), apiVersion: 'admission.k8s.io/v1beta1' }), 'apiVersion'],
    ['no request', JSON.stringify({ ...review(), request: undefined }), 'request'],
    ['no uid', JSON.stringify(review({ uid: undefined })), 'request.uid'],
    ['an unknown operation', JSON.stringify(review({ operation: 'PEEK' })), 'request.operation'],
    ['an object that is none', JSON.stringify(review({ object: [1] })), 'request.object'],
    ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000), 'levels deep'],
  ])('answers 400 and says why to %s', async (_what, body, words) => {
    verdict = async () => allowed;
    const { status, text } = await post(body);
    expect(status).toBe(400);
    expect(text).toContain(words);
  });

  it('never fails by what it is sent', async () => {
    const bodies = oneof(
      jsonValue().map(value => JSON.stringify(value)),
      string(),
      array(jsonValue()).map(values => JSON.stringify(review({ object: values[0], oldObject: values[1] }))),
      uint8Array(),
    );
    verdict = async () => allowed;
    await assert(
      asyncProperty(bodies, async body => (await post(typeof body === 'string' ? body : Buffer.from(body))).status < 500),
      { numRuns: 100 },
    );
  });

  it('takes two objects of 3 MB, and answers 413 to more than it can', async () => {
    const large = 'x'.repeat(3_000_000);
    expect((await post(JSON.stringify(review({ object: { large }, oldObject: { large } })))).status).toBe(200);
    expect((await post(Buffer.alloc(9 * 1024 * 1024, 0x20))).status).toBe(413);
  });

  it('answers 404 elsewhere, and 500 to a fault of its own, whose words stay in the log', async () => {
    expect((await post('', '/elsewhere')).status).toBe(404);
    verdict = async () => {
      throw new Error('secret words');
    };
    const { status, text } = await post(JSON.stringify(review()));
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
  });

  it('speaks TLS 1.3 only', async () => {
    await expect(post('', '/validate-x', { maxVersion: 'TLSv1.2' })).rejects.toMatchObject({
      message: expect.stringContaining('alert protocol version'),
    });
  });

  it('counts outcomes', async () => {
    const text = await registry.metrics();
    for (const outcome of ['allowed', 'refused', 'bad-request', 'failed']) expect(text).toContain(`outcome="${outcome}"`);
  });

  it('ends connections while it drains', async () => {
    verdict = async () => allowed;
    expect((await post(JSON.stringify(review()), '/validate-x', { headers: { connection: 'keep-alive' } })).connection).toBe('keep-alive');
    server.drain();
    const { status, connection } = await post(JSON.stringify(review()), '/validate-x', { headers: { connection: 'keep-alive' } });
    expect([status, connection]).toEqual([200, 'close']);
  });
});
