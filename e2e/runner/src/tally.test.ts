import { describe, expect, it } from 'vitest';
import { closingLines, total } from './tally.ts';

const good = { passed: 3, failed: 0, failures: [] };
const bad = { passed: 1, failed: 1, failures: [{ test: 'unit: sum.test.ts: adds', message: 'expected 3\nreceived 4' }] };

describe('a run of several parts', () => {
  it('when all went well, then it closes with the counts alone', () => {
    expect(closingLines(total([good, good]))).toEqual(['6 passed, 0 failed']);
  });

  it('when a test failed early, then it is named once more at the end, and the counts come last', () => {
    expect(closingLines(total([bad, good]))).toEqual(['✗ unit: sum.test.ts: adds\n    expected 3\n    received 4', '4 passed, 1 failed']);
  });

  it('when a message is long, then only its beginning is repeated', () => {
    const [line = ''] = closingLines({ passed: 0, failed: 1, failures: [{ test: 'long', message: 'x'.repeat(100_000) }] });
    expect(line.length).toBeLessThan(3000);
  });
});
