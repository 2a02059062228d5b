import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpose } from './interposer.ts';

describe('how command and args become one command', () => {
  it.each([
    ['buildkite', "echo 'a b'\nls 'x y'"],
    ['vector', String.raw`'echo '\''a b'\' ls 'x y'`],
    ['legacy', "echo 'a b' ls x y"],
  ] as const)('%s, as the official controller does it', (interposer, expected) => {
    expect(interpose(interposer, ["echo 'a b'", 'ls'], ['x y'])).toBe(expected);
  });

  it('buildkite leaves a command without args as it is', () => {
    expect(interpose('buildkite', ['a', 'b $X'], [])).toBe('a\nb $X');
  });

  it('whatever the words, a shell reads them back', () => {
    const word = fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '\\', '$', '`', '\n', '*', '!', '~', '#', 'é'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), words => {
        const script = interpose('vector', ['printf', '%s\\0'], words);
        const output = execFileSync('/bin/sh', ['-ec', script], { encoding: 'utf8' });
        expect(output.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });
});
