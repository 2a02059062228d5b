import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitBytes, fitCharacters } from './fitting-text.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.constantFrom('\ud83d', '\ude80', '\0', 'é', 'a')).map(parts => parts.join('')),
);

describe('a text that must fit', () => {
  it('stays as it is when it does', () => {
    expect(fitCharacters('añ🚀', 3)).toBe('añ🚀');
    expect(fitBytes('añ🚀', 7)).toBe('añ🚀');
    expect(fitBytes('\ufeffa', 4)).toBe('\ufeffa');
  });

  it('is cut between characters, with a mark', () => {
    expect(fitCharacters('🚀🚀🚀', 2)).toBe('🚀…');
    expect(fitBytes('🚀🚀🚀', 8)).toBe('🚀…');
    expect(fitBytes('🚀🚀🚀', 7)).toBe('🚀…');
    expect(fitBytes('🚀🚀🚀', 6)).toBe('…');
  });

  it('has neither NUL nor half characters, which the server would refuse', () => {
    expect(fitCharacters('a\0b\ud83d', 9)).toBe('a\ufffdb\ufffd');
  });

  it('fits, whatever it is, and begins as the whole does', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 4, max: 30 }), (text, max) => {
        const whole = text.toWellFormed().replaceAll('\0', '\ufffd');
        const [characters, bytes] = [fitCharacters(text, max), fitBytes(text, max)];
        expect(Array.from(characters).length).toBeLessThanOrEqual(max);
        expect(Buffer.byteLength(bytes)).toBeLessThanOrEqual(max);
        for (const fitted of [characters, bytes]) {
          expect(fitted.isWellFormed()).toBe(true);
          expect(fitted === whole || (fitted.endsWith('…') && whole.startsWith(fitted.slice(0, -1)))).toBe(true);
        }
      }),
    );
  });
});
