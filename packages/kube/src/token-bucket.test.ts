import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

it('gives a burst, then says how long to wait, and never more than the rate', () => {
  let now = 0;
  const bucket = new TokenBucket(2, 10, { now: () => now });
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100]);
  now += 100;
  expect([bucket.take(), bucket.take()]).toEqual([0, 100]);
  now += 60_000;
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100]);
});

it('in any stretch of time gives at most the burst and the rate times the stretch', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { maxLength: 200 }), waits => {
      let now = 0;
      let given = 0;
      const bucket = new TokenBucket(5, 10, { now: () => now });
      for (const wait of waits) {
        now += wait;
        if (bucket.take() === 0) given += 1;
        expect(given).toBeLessThanOrEqual(5 + now / 100 + 1e-9);
      }
    }),
  );
});
