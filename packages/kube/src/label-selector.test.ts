import { expect, it } from 'vitest';
import { formatFieldSelector, formatLabelSelector } from './label-selector.ts';

it.each([
  [{}, ''],
  [{ matchLabels: { a: 'x', 'b.io/c': '' } }, 'a=x,b.io/c='],
  [
    {
      matchLabels: { a: 'x' },
      matchExpressions: [
        { key: 'b', operator: 'In', values: ['1', '2'] },
        { key: 'c', operator: 'NotIn', values: ['3'] },
        { key: 'd', operator: 'Exists' },
        { key: 'e', operator: 'DoesNotExist' },
      ],
    },
    'a=x,b in (1,2),c notin (3),d,!e',
  ],
] as const)('the label selector %j is written %j', (selector, text) => {
  expect(formatLabelSelector(selector)).toBe(text);
});

it('a list operator without values is refused', () => {
  expect(() => formatLabelSelector({ matchExpressions: [{ key: 'a', operator: 'In', values: [] }] })).toThrow(
    expect.objectContaining({ code: 'InvalidSelector' }),
  );
});

it('field selectors escape what has a meaning in them', () => {
  expect(formatFieldSelector({ 'metadata.name': 'a', 'spec.x': String.raw`1,2=3\4` })).toBe(String.raw`metadata.name=a,spec.x=1\,2\=3\\4`);
});
