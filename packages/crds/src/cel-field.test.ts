import { describe, expect, it } from 'vitest';
import { celField, celString } from './cel-field.ts';

describe('a name in a CEL rule', () => {
  it.each([
    ['podName', 'podName'],
    ['namespace', '__namespace__'],
    ['in', '__in__'],
    ['my-field', 'my__dash__field'],
    ['a.b/c', 'a__dot__b__slash__c'],
    ['a__b', 'a__underscores__b'],
  ])('%s is written %s', (name, expected) => {
    expect(celField(name)).toBe(expected);
  });
});

describe('a text in a CEL rule', () => {
  it.each([
    ['plain', "'plain'"],
    ["it's", String.raw`'it\'s'`],
    [String.raw`^\d$`, String.raw`'^\\d$'`],
    ['two\nlines', String.raw`'two\nlines'`],
  ])('%j is written %s', (text, expected) => {
    expect(celString(text)).toBe(expected);
  });
});
