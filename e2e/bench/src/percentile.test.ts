import { describe, expect, it } from 'vitest';
import { percentile } from './percentile.ts';

describe('percentile, by the nearest rank', () => {
  it.for([
    { values: [3], share: 0.5, want: 3 },
    { values: [4, 1, 3, 2], share: 0.5, want: 2 },
    { values: [4, 1, 3, 2], share: 0.95, want: 4 },
    { values: [10, 2, 30], share: 0, want: 2 },
  ])('$share of $values is $want', ({ values, share, want }) => {
    expect(percentile(values, share)).toBe(want);
  });

  it('of nothing is an error', () => {
    expect(() => percentile([], 0.5)).toThrow('no values');
  });
});
