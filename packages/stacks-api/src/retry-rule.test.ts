import { describe, expect, it } from 'vitest';
import { endpoints } from './endpoints.ts';
import { judgeFailure } from './retry-rule.ts';
import { StacksApiError, type StacksApiErrorCode } from './stacks-api-error.ts';

const failure = (code: StacksApiErrorCode, options: { mayHaveActed?: boolean; retryAfterMs?: number } = {}) =>
  new StacksApiError(code, code, { endpoint: 'get-job', ...options });

describe('a failed try', () => {
  it.each<StacksApiErrorCode>(['RateLimited', 'Unavailable', 'ServerError', 'Unreachable', 'Timeout', 'NotJson'])(
    'with %s is followed by another',
    code => {
      expect(judgeFailure(failure(code), endpoints.getJob, 1000)).toEqual({ retry: true });
      expect(judgeFailure(failure(code), endpoints.finishJob, 1000)).toEqual({ retry: true });
      expect(judgeFailure(failure(code, { mayHaveActed: true }), endpoints.reserveJobs, 1000)).toEqual({ retry: true });
    },
  );

  it.each<StacksApiErrorCode>([
    'InvalidArgument',
    'TokenUnreadable',
    'BadRequest',
    'Unauthorized',
    'Forbidden',
    'NotFound',
    'Conflict',
    'Invalid',
    'Refused',
    'BadAnswer',
  ])('with %s is the last', code => {
    expect(judgeFailure(failure(code), endpoints.getJob, 1000)).toEqual({ retry: false });
  });

  it('is the last of a call that must take effect once when it may have', () => {
    for (const endpoint of [endpoints.finishJob, endpoints.createNotifications])
      expect(judgeFailure(failure('Unreachable', { mayHaveActed: true }), endpoint, 1000)).toEqual({ retry: false });
  });

  it('waits as long as the server wants, unless the call ends before', () => {
    expect(judgeFailure(failure('Unavailable', { retryAfterMs: 900 }), endpoints.getJob, 1000)).toEqual({ retry: true, afterMs: 900 });
    expect(judgeFailure(failure('Unavailable', { retryAfterMs: 1000 }), endpoints.getJob, 1000)).toEqual({ retry: false });
  });

  it('that is no failure of the API is the last', () => {
    expect(judgeFailure(new TypeError('bug'), endpoints.getJob, 1000)).toEqual({ retry: false });
  });
});
