import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sendInBatches, splitIntoBatches } from './batches.ts';
import { StacksApiError, type StacksApiErrorCode } from './stacks-api-error.ts';

const never = new AbortController().signal;
const failure = (code: StacksApiErrorCode) => new StacksApiError(code, code, { endpoint: 'reserve-jobs' });

/** Sends one item a batch; those with a code fail with it. */
const sendAll = async (codes: readonly (StacksApiErrorCode | 'ok')[]) => {
  const sent: string[] = [];
  const send = async ([code]: readonly (StacksApiErrorCode | 'ok')[]) => {
    sent.push(String(code));
    if (code !== undefined && code !== 'ok') throw failure(code);
    return 'answer';
  };
  return { results: await sendInBatches(codes, 1, send, never), sent };
};

describe('splitting', () => {
  it('keeps all items in order, in batches that are full but for the last', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 7 }), (items, size) => {
        const batches = splitIntoBatches(items, size);
        expect(batches.flat()).toEqual(items);
        expect(batches.slice(0, -1).every(batch => batch.length === size)).toBe(true);
        expect(batches.every(batch => batch.length > 0 && batch.length <= size)).toBe(true);
      }),
    );
  });
});

describe('sending in batches', () => {
  it('sends nothing for no items', async () => {
    expect(await sendAll([])).toEqual({ results: { answered: [], failed: [] }, sent: [] });
  });

  it.each<StacksApiErrorCode>(['Invalid', 'BadRequest', 'BadAnswer', 'NotJson', 'UnknownOutcome'])(
    'goes on after %s, which is about one batch',
    async code => {
      const { results, sent } = await sendAll(['ok', code, 'ok']);
      expect(sent).toEqual(['ok', code, 'ok']);
      expect(results.answered).toHaveLength(2);
      expect(results.failed).toMatchObject([{ items: [code], error: { code } }]);
    },
  );

  it.each<StacksApiErrorCode>(['Unauthorized', 'NotFound', 'Unreachable', 'Unavailable', 'RateLimited', 'Timeout'])(
    'sends no more after %s, which the next batch would meet as well, and keeps what is done',
    async code => {
      const { results, sent } = await sendAll(['ok', code, 'ok', 'ok']);
      expect(sent).toEqual(['ok', code]);
      expect(results.answered).toMatchObject([{ items: ['ok'] }]);
      expect(results.failed).toMatchObject([
        { error: { code } },
        { error: { code: 'NotSent', mayHaveActed: false, cause: { code } } },
        { error: { code: 'NotSent' } },
      ]);
    },
  );

  it('throws the first failure when nothing succeeded', async () => {
    await expect(sendAll(['Invalid', 'Unavailable', 'ok'])).rejects.toMatchObject({ code: 'Invalid' });
  });

  it('throws what is no failure of the API as it is', async () => {
    const bug = new TypeError('bug');
    await expect(sendInBatches([1, 2], 1, () => Promise.reject(bug), never)).rejects.toBe(bug);
  });
});
