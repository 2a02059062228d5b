import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addQuantities, canonicalQuantity, compareQuantities, isWhole, parseQuantity, type Quantity } from './quantity.ts';

function quantity(text: string | number): Quantity {
  const parsed = parseQuantity(text);
  if (parsed === undefined) throw new Error(`${text} is no quantity`);
  return parsed;
}

describe('a quantity', () => {
  it.each<[string | number, string]>([
    [0, '0'],
    [2, '2'],
    ['+2', '2'],
    ['007', '7'],
    ['-0', '0'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['5.', '5'],
    ['1000', '1k'],
    ['1.5k', '1500'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000Ki', '1000Ki'],
    ['0.5Ki', '512'],
    ['0.1Gi', '107374182400m'],
    ['1024', '1024'],
    ['1Ei', '1Ei'],
    ['1e3', '1e3'],
    ['12E6', '12e6'],
    ['1500e-3', '1500e-3'],
    ['1E', '1E'],
    ['1u', '1u'],
    ['0.0000000001', '1n'],
    ['1.0000000001', '1000000001n'],
    ['-1.5', '-1500m'],
  ])('%j is written %s', (text, canonical) => {
    expect(canonicalQuantity(quantity(text))).toBe(canonical);
  });

  it.each(['', '.', '-', 'm', 'Gi', '1 Gi', '1GB', '1gi', '1K', '1mi', '1.2.3', '1e', '1e1.5', '1e99999', '0x10', '½', 'NaN', '--1'])(
    'is not %j',
    text => {
      expect(parseQuantity(text)).toBeUndefined();
    },
  );

  it.each<[string, string, number]>([
    ['1', '1000m', 0],
    ['1Gi', '1G', 1],
    ['2Gi', '2048Mi', 0],
    ['999m', '1', -1],
    ['-1', '0', -1],
    ['9007199254740993', '9007199254740992', 1],
  ])('%s is to %s as %i to 0', (left, right, expected) => {
    expect(compareQuantities(quantity(left), quantity(right))).toBe(expected);
  });

  it('is whole or not', () => {
    expect(['1', '1000m', '1e3', '0.5Ki'].map(text => isWhole(quantity(text)))).toStrictEqual([true, true, true, true]);
    expect(['1m', '0.5', '0.1Gi'].map(text => isWhole(quantity(text)))).toStrictEqual([false, false, false]);
  });

  const texts = fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.nat(9_999_999),
      fc.option(fc.nat(9999), { nil: undefined }),
      fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'P', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-3', 'e0'),
    )
    .map(([sign, whole, fraction, suffix]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${suffix}`);

  it('means the same in its canonical form, which is its own canonical form', () => {
    fc.assert(
      fc.property(texts, text => {
        const canonical = canonicalQuantity(quantity(text));
        expect(compareQuantities(quantity(canonical), quantity(text))).toBe(0);
        expect(canonicalQuantity(quantity(canonical))).toBe(canonical);
      }),
      { numRuns: 2000 },
    );
  });

  it('is ordered, and sums keep the order', () => {
    fc.assert(
      fc.property(texts, texts, texts, (a, b, c) => {
        const [one, two, three] = [a, b, c].map(quantity) as [Quantity, Quantity, Quantity];
        expect(compareQuantities(one, two) + compareQuantities(two, one)).toBe(0);
        expect(compareQuantities(addQuantities(one, three), addQuantities(two, three))).toBe(compareQuantities(one, two));
      }),
      { numRuns: 2000 },
    );
  });
});
