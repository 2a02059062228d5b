import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitLines } from './split-lines.ts';

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function lines(...parts: Uint8Array[]): Promise<string[]> {
  const all: string[] = [];
  for await (const line of splitLines(chunks(...parts))) all.push(line);
  return all;
}

describe('lines', () => {
  it('come out whole however the bytes are cut, also within a character', async () => {
    const line = fc.string({ unit: 'binary', minLength: 1 }).map(text => `x${text.replaceAll(/[\r\n]/g, '')}x`);
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(40)), async (given, sizes) => {
        const bytes = Buffer.from(given.map(text => `${text}\n`).join(''));
        const parts: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          parts.push(bytes.subarray(at, at + size));
          at += size;
        }
        parts.push(bytes.subarray(at));
        expect(await lines(...parts)).toEqual(given);
      }),
    );
  });

  it('without an end are dropped, empty ones and carriage returns too', async () => {
    expect(await lines(Buffer.from('one\r\n\n\ntwo\n{"cut off'))).toEqual(['one', 'two']);
  });

  it('that never end are refused before they fill the memory', async () => {
    const part = Buffer.alloc(16 * 1024 * 1024, 'x');
    await expect(lines(part, part, part, part, part)).rejects.toMatchObject({ code: 'BadAnswer' });
  });
});
