/** The buckets of a Prometheus histogram: how many observations were at most so large, by bound. */
export type Buckets = ReadonlyMap<number, number>;

/** The buckets of a histogram in the text of a /metrics page, summed over all label sets that hold these labels. */
export function readBuckets(text: string, name: string, labels: Readonly<Record<string, string>>): Buckets {
  const buckets = new Map<number, number>();
  for (const [, set = '', count = ''] of text.matchAll(new RegExp(`^${name}_bucket\\{([^}]*)\\} (\\S+)$`, 'gm'))) {
    const bound = /le="([^"]+)"/.exec(set)?.[1];
    if (bound === undefined || !Object.entries(labels).every(([key, value]) => set.includes(`${key}="${value}"`))) continue;
    const le = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
    buckets.set(le, (buckets.get(le) ?? 0) + Number(count));
  }
  return buckets;
}

/** What came between two looks at the same histograms. */
export function bucketsSince(before: readonly Buckets[], after: readonly Buckets[]): Buckets {
  const total = new Map<number, number>();
  for (const [sign, all] of [
    [-1, before],
    [1, after],
  ] as const)
    for (const buckets of all) for (const [le, count] of buckets) total.set(le, (total.get(le) ?? 0) + sign * count);
  return total;
}

/**
 * The value below which this share (0 to 1) of the observations lies, as far as buckets tell: within a bucket they count as evenly
 * spread, and above the last bound nothing is known but that. Throws where there are no observations.
 */
export function bucketPercentile(buckets: Buckets, share: number): number {
  const sorted = [...buckets].toSorted(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total === 0) throw new Error('no observations to take a percentile of');
  let [lower, below] = [0, 0];
  for (const [le, count] of sorted) {
    if (count >= share * total)
      return Number.isFinite(le) && count > below ? lower + ((le - lower) * (share * total - below)) / (count - below) : lower;
    [lower, below] = [le, count];
  }
  return lower;
}
