import { describe, expect, it } from 'vitest';
import { isKubeError, KubeError } from './kube-error.ts';
import { statusError } from './status-error.ts';

const failed = { call: 'GET /x', status: 500 };
const status = (fields: Record<string, unknown>) => ({ kind: 'Status', apiVersion: 'v1', status: 'Failure', metadata: {}, ...fields });

describe('the error of a Status', () => {
  it.each([
    [{ reason: 'NotFound', code: 404 }, 'NotFound', 404],
    [{ reason: 'AlreadyExists', code: 409 }, 'AlreadyExists', 409],
    [{ reason: 'Conflict', code: 409 }, 'Conflict', 409],
    [{ reason: 'Expired', code: 410 }, 'Expired', 410],
    [{ reason: 'SomethingNew', code: 418 }, 'SomethingNew', 418],
    [{ reason: '', code: 422 }, 'Invalid', 422],
    [{ reason: 'Unknown', code: 503 }, 'ServiceUnavailable', 503],
    [{}, 'InternalError', 500],
  ])('%j has code %s', (fields, code, number) => {
    expect(statusError(status(fields), failed)).toMatchObject({ code, status: number });
  });

  it('carries the causes and how long to wait', () => {
    const details = {
      name: 'a',
      causes: [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.a' }, {}],
      retryAfterSeconds: 2,
    };
    expect(statusError(status({ reason: 'Invalid', code: 422, message: 'bad', details }), failed)).toMatchObject({
      message: 'GET /x: bad',
      retryAfterMs: 2000,
      causes: [
        { field: 'spec.a', reason: 'FieldValueRequired', message: 'Required value' },
        { field: '', reason: '', message: '' },
      ],
    });
  });

  it('prefers the Retry-After header, which the server sends for throttled calls', () => {
    const details = { retryAfterSeconds: 2 };
    expect(statusError(status({ details }), { ...failed, retryAfterMs: 5000 }).retryAfterMs).toBe(5000);
    expect(statusError(status({ details: { retryAfterSeconds: 0 } }), failed).retryAfterMs).toBeUndefined();
  });
});

describe('the error of an answer that is no Status', () => {
  it.each([
    ['upstream connect error', 503, 'ServiceUnavailable', 'GET /x: upstream connect error'],
    ['', 502, 'ServiceUnavailable', 'GET /x: ServiceUnavailable'],
    ['<html>', 418, 'BadRequest', 'GET /x: <html>'],
    [{ kind: 'Pod' }, 599, 'InternalError', 'GET /x: InternalError'],
    [null, 429, 'TooManyRequests', 'GET /x: TooManyRequests'],
  ])('%j with %i is made the best of', (body, number, code, message) => {
    expect(statusError(body, { call: 'GET /x', status: number })).toMatchObject({ code, status: number, message });
  });
});

describe('isKubeError', () => {
  it('asks for the kind and, if given, for one of the codes', () => {
    const error = new KubeError('Conflict', 'x');
    expect(isKubeError(error)).toBe(true);
    expect(isKubeError(error, 'NotFound', 'Conflict')).toBe(true);
    expect(isKubeError(error, 'NotFound')).toBe(false);
    expect(isKubeError(new Error('Conflict'), 'Conflict')).toBe(false);
  });
});
