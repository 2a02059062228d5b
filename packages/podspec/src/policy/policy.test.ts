import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liesInAny, matchesAny } from './policy.ts';

describe('a glob', () => {
  it.each<[string, string, boolean]>([
    ['*', '', true],
    ['*', 'anything', true],
    ['gpu-*', 'gpu-', true],
    ['gpu-*', 'gpu-large', true],
    ['gpu-*', 'my-gpu-large', false],
    ['*-large', 'gpu-large', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*a', 'a', false],
    ['*a*a*', 'a', false],
    ['gpu', 'gpu-large', false],
    ['g.u', 'gpu', false],
  ])('%j and %j: %s', (glob, name, expected) => {
    expect(matchesAny([glob], name)).toBe(expected);
  });

  it('matches as a regular expression with .* for each star would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (glob, name) => {
        expect(matchesAny([glob], name)).toBe(new RegExp(`^${glob.replaceAll(/\*+/g, '.*')}$`).test(name));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a folder of the node', () => {
  it.each<[string, boolean]>([
    ['/mnt/cache', true],
    ['/mnt/cache/', true],
    ['/mnt//cache/./web', true],
    ['/mnt/cache-2', false],
    ['/mnt', false],
    ['/', false],
    ['/mnt/cache/..', false],
    ['mnt/cache', false],
    ['', false],
  ])('%j lies in /mnt/cache/: %s', (path, expected) => {
    expect(liesInAny(['/srv', '/mnt/cache/'], path)).toBe(expected);
  });

  it('lies in the root, whichever it is', () => {
    expect(liesInAny(['/'], '/etc')).toBe(true);
  });
});
