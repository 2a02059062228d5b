import { assert, dictionary, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPatch } from '../testing/apply-patch.ts';
import { jsonPatch } from './json-patch.ts';

describe('a JSON patch', () => {
  it('is empty where nothing changes', () => {
    expect(jsonPatch({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([]);
  });

  it('is small, and escapes keys', () => {
    expect(jsonPatch({ 'a/b~c': 1, l: [1] }, { 'a/b~c': 2, l: [1, 2] }, '/spec')).toEqual([
      { op: 'replace', path: '/spec/a~1b~0c', value: 2 },
      { op: 'add', path: '/spec/l/-', value: 2 },
    ]);
  });

  it('makes one of the other, whatever they are', () => {
    const object = dictionary(
      string().filter(name => name !== '__proto__'),
      jsonValue(),
    );
    assert(
      property(object, object, (before, after) => {
        const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
        expect(applyPatch({ spec: plain(before) }, jsonPatch(plain(before), plain(after), '/spec'))).toEqual({ spec: plain(after) });
      }),
    );
  });
});
