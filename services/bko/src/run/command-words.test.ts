import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { scriptOf } from './command-words.ts';

it('a single word is a script', () => {
  expect(scriptOf(['make && echo "$HOME"'])).toBe('make && echo "$HOME"');
});

it('several words reach the program as they are', () => {
  const word = fc.string({ unit: fc.constantFrom('a', "'", '"', ' ', '$', '\\', '\n', '*', '#', 'ä') });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), words => {
      const script = scriptOf([process.execPath, '-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--', ...words]);
      expect(JSON.parse(execFileSync('/bin/sh', ['-ec', script], { encoding: 'utf8' }))).toEqual(words);
    }),
    { numRuns: 10 },
  );
});
