/** The sum of a metric over all its label sets, in the text of a /metrics page; 0 where there is none. */
export function sumMetric(text: string, name: string): number {
  return [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((total, [, value]) => total + Number(value), 0);
}
