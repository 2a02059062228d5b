import { describe, expect, it } from 'vitest';
import { bucketPercentile, bucketsSince, readBuckets } from './histogram.ts';

const page = `# HELP d x
d_bucket{le="0.01",webhook="a",outcome="allowed"} 50
d_bucket{le="0.1",webhook="a",outcome="allowed"} 90
d_bucket{le="+Inf",webhook="a",outcome="allowed"} 100
d_bucket{le="0.01",webhook="b",outcome="allowed"} 7
d_bucket{le="+Inf",webhook="b",outcome="allowed"} 7
d_sum{webhook="a",outcome="allowed"} 3
`;

const buckets = readBuckets(page, 'd', { webhook: 'a' });

describe('a histogram', () => {
  it('is read from a page of metrics, by label', () => {
    expect([...buckets]).toEqual([
      [0.01, 50],
      [0.1, 90],
      [Number.POSITIVE_INFINITY, 100],
    ]);
  });

  it.for([
    { share: 0.25, want: 0.005 },
    { share: 0.5, want: 0.01 },
    { share: 0.7, want: 0.055 },
    { share: 0.99, want: 0.1 },
  ])('has $want below it at $share', ({ share, want }) => {
    expect(bucketPercentile(buckets, share)).toBeCloseTo(want);
  });

  it('between two looks counts only what came between, over all replicas', () => {
    const since = bucketsSince([buckets], [buckets, readBuckets(page, 'd', { webhook: 'b' })]);
    expect(bucketPercentile(since, 0.5)).toBeCloseTo(0.005);
  });

  it('of nothing is an error', () => {
    expect(() => bucketPercentile(bucketsSince([buckets], [buckets]), 0.5)).toThrow('no observations');
  });
});
