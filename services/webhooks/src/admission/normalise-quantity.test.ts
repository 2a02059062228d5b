import { parseQuantity } from '@buildkite-operator/podspec';
import { assert, constantFrom, integer, oneof, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseQuantity } from './normalise-quantity.ts';

describe('a quantity', () => {
  it.each<[string | number, string | number]>([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['0.1Ki', '102400m'],
    ['1000', '1k'],
    ['1000e0', '1e3'],
    ['1500k', '1500k'],
    ['0', '0'],
    ['0Mi', '0'],
    ['0.0000000001', '1n'],
    ['1Ei', '1Ei'],
    [2, 2],
    ['nonsense', 'nonsense'],
  ])('%s is written %s', (given, canonical) => {
    expect(normaliseQuantity(given)).toBe(canonical);
  });

  const suffix = constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-2');
  const quantity = tuple(
    integer({ min: 0, max: 1e9 }),
    oneof(
      constantFrom(''),
      integer({ min: 0, max: 999 }).map(digits => `.${digits}`),
    ),
    suffix,
  ).map(parts => parts.join(''));

  it('keeps its value in canonical form, and the form when it is made anew', () => {
    assert(
      property(quantity, given => {
        const canonical = normaliseQuantity(given);
        return parseQuantity(canonical)?.nanos === parseQuantity(given)?.nanos && normaliseQuantity(canonical) === canonical;
      }),
    );
  });
});
