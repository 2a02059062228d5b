import { expect, it } from 'vitest';
import { Referee } from './referee.ts';

it('the referee keeps breaches in order up to its limit and counts the rest', () => {
  let now = 0;
  const referee = new Referee(
    () => (now += 1),
    () => 2,
  );
  for (const explanation of ['a', 'b', 'c']) referee.note({ kind: 'unknown-route', explanation });

  expect(referee.entries).toMatchObject([
    { at: 1, explanation: 'a' },
    { at: 2, explanation: 'b' },
  ]);
  expect(referee.dropped).toBe(1);
  referee.clear();
  expect([referee.entries, referee.dropped]).toEqual([[], 0]);
});
