import { describe, expect, it } from 'vitest';
import { readAnswerHeaders } from './answer-headers.ts';

const now = Date.parse('2026-01-01T00:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['3', 3000],
    ['0', 0],
    ['0.5', 500],
    [['7', '8'], 7000],
    ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    [' ', undefined],
    [undefined, undefined],
  ])('%j is %j ms', (header, ms) => {
    expect(readAnswerHeaders({ 'retry-after': header }, now).retryAfterMs).toBe(ms);
  });
});

describe('the rate limit headers', () => {
  it('are numbers, the reset in milliseconds', () => {
    const headers = {
      'ratelimit-scope': 'x',
      'ratelimit-limit': '10',
      'ratelimit-remaining': '9',
      'ratelimit-reset': '1',
      'x-request-id': 'r-1',
    };
    expect(readAnswerHeaders(headers, now)).toEqual({ limit: 10, remaining: 9, resetMs: 1000, retryAfterMs: undefined, requestId: 'r-1' });
  });

  it.each(['', 'many', '-1', 'Infinity', 'NaN'])('are left out when they are %j', value => {
    const headers = { 'ratelimit-limit': value, 'ratelimit-remaining': value, 'ratelimit-reset': value };
    expect(readAnswerHeaders(headers, now)).toEqual({
      limit: undefined,
      remaining: undefined,
      resetMs: undefined,
      retryAfterMs: undefined,
      requestId: undefined,
    });
  });
});
