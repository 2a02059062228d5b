import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderItems, slotsAfterMerge } from './item-order.ts';

const letters: fc.Arbitrary<string[]> = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'));
const order = (items: readonly string[], wanted: readonly string[], before: readonly string[]) =>
  orderItems(items, { keyOf: item => item, wanted, before }).join('');

describe('the order of merged items', () => {
  it.each([
    { when: 'nothing is named', items: 'abc', wanted: '', before: 'abc', result: 'abc' },
    { when: 'one is named where it is', items: 'abc', wanted: 'b', before: 'abc', result: 'abc' },
    { when: 'a new one is named', items: 'abn', wanted: 'n', before: 'ab', result: 'nab' },
    { when: 'a new one is named after an old one', items: 'abcn', wanted: 'bn', before: 'abc', result: 'abnc' },
    { when: 'old ones are named in reverse', items: 'abcd', wanted: 'db', before: 'abcd', result: 'acdb' },
    { when: 'names are wanted that are not there', items: 'ab', wanted: 'xbya', before: 'ab', result: 'ba' },
    { when: 'two have one key and are named', items: 'abac', wanted: 'cba', before: 'abac', result: 'cbaa' },
    { when: 'two have one key and are not named', items: 'abac', wanted: '', before: 'abac', result: 'aabc' },
  ])('when $when', ({ items, wanted, before, result }) => {
    expect(order(items.split(''), wanted.split(''), before.split(''))).toBe(result);
  });

  it('keeps every item, the named ones in the wanted order, the others in theirs', () => {
    fc.assert(
      fc.property(letters, letters, letters, (before, wanted, added) => {
        const items = [...new Set([...before, ...added.filter(item => wanted.includes(item))])];
        const untouched = before.filter(item => !wanted.includes(item));
        const ordered = order(items, wanted, before).split('');
        expect(ordered.toSorted()).toStrictEqual(items.toSorted());
        expect(ordered.filter(item => wanted.includes(item))).toStrictEqual(wanted.filter(item => items.includes(item)));
        expect(ordered.filter(item => !wanted.includes(item))).toStrictEqual(untouched);
      }),
    );
  });
});

describe('the slots of a list that was merged in place', () => {
  it.each([
    { when: 'nothing is deleted', before: 'abc', deleted: '', added: 'n', result: 'abc' },
    { when: 'the first is deleted', before: 'abc', deleted: 'a', added: '', result: 'bcc' },
    { when: 'the last is deleted', before: 'abc', deleted: 'c', added: '', result: 'abc' },
    { when: 'one is deleted and one added', before: 'abc', deleted: 'a', added: 'n', result: 'bcn' },
    { when: 'more are added than deleted', before: 'abc', deleted: 'a', added: 'nm', result: 'bcn' },
    { when: 'more are deleted than added', before: 'abcd', deleted: 'ba', added: 'n', result: 'cdnd' },
    { when: 'there are two of the deleted', before: 'aba', deleted: 'a', added: 'n', result: 'bna' },
    { when: 'the deleted is not there', before: 'ab', deleted: 'x', added: '', result: 'ab' },
  ])('when $when', ({ before, deleted, added, result }) => {
    expect(slotsAfterMerge(before.split(''), deleted.split(''), added.split('')).join('')).toBe(result);
  });
});
