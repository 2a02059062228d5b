import { describe, expect, it } from 'vitest';
import { startRunLedger } from './run-ledger.ts';

describe('the ledger of runs', () => {
  it('counts each run of each job, and knows of no other', async () => {
    await using ledger = await startRunLedger('127.0.0.1');
    for (const id of ['a', 'b', 'a']) expect((await fetch(`${ledger.url}/${id}`)).status).toBe(200);
    expect(['a', 'b', 'c'].map(id => ledger.runsOf(id))).toEqual([2, 1, 0]);
    expect(ledger.total).toBe(3);
  });
});
