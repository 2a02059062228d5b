import { describe, expect, it } from 'vitest';
import { sumMetric } from './sum-metric.ts';

const page = `# HELP requests_total x
requests_total{code="ok",method="get"} 12
requests_total{code="conflict",method="put"} 3
requests_total_seconds{code="ok"} 100
plain 7
`;

describe('a metric of a page', () => {
  it.for([
    { name: 'requests_total', sum: 15 },
    { name: 'plain', sum: 7 },
    { name: 'requests', sum: 0 },
  ])('$name adds up to $sum', ({ name, sum }) => {
    expect(sumMetric(page, name)).toBe(sum);
  });
});
