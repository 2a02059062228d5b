import { describe, expect, it } from 'vitest';
import { KubeError } from './kube-error.ts';
import { isIdempotentByNature, judgeFailure } from './retry-rule.ts';

describe('what may be sent twice', () => {
  it.each([
    ['GET', undefined, true],
    ['PUT', undefined, true],
    ['DELETE', undefined, true],
    ['PATCH', 'application/apply-patch+yaml', true],
    ['PATCH', 'application/merge-patch+json', true],
    ['PATCH', 'application/json-patch+json', false],
    ['POST', undefined, false],
  ] as const)('%s %s: %s', (method, contentType, expected) => {
    expect(isIdempotentByNature(contentType === undefined ? { method } : { method, contentType })).toBe(expected);
  });
});

describe('trying again', () => {
  const network = (sent: boolean) => new KubeError('Unreachable', 'x', { details: { sent } });
  const status = (status: number, retryAfterMs?: number) => new KubeError('X', 'x', { status, retryAfterMs });
  it.each([
    // [failure, of an idempotent call, of another]
    ['429', status(429), true, true],
    ['503', status(503), true, false],
    ['503 with Retry-After', status(503, 1000), true, true],
    ['500', status(500), true, false],
    ['504', status(504), true, false],
    ['no connection', network(false), true, true],
    ['a lost connection', network(true), true, false],
    ['no answer in time', new KubeError('Timeout', 'x'), true, false],
    ['an answer that cannot be understood', new KubeError('BadAnswer', 'x'), false, false],
    ['404', status(404), false, false],
    ['409', status(409), false, false],
    ['422', status(422), false, false],
    ['a bug of ours', new TypeError('x'), false, false],
  ])('after %s', (_what, failure, idempotent, other) => {
    expect(judgeFailure(failure, true).retry).toBe(idempotent);
    expect(judgeFailure(failure, false).retry).toBe(other);
  });

  it('passes the server’s wish on', () => {
    expect(judgeFailure(status(429, 7000), true)).toEqual({ retry: true, afterMs: 7000 });
  });
});
