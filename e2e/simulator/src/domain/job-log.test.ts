import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JobLog, type LogChunk } from './job-log.ts';

const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 });

function cut(sizeList: readonly number[]): LogChunk[] {
  let offset = 0;
  return sizeList.map((size, index) => {
    const chunk = { sequence: index + 1, offset, size, digest: `d${index}`, receivedAt: index };
    offset += size;
    return chunk;
  });
}

const shuffledChunks = sizes.chain(list => fc.shuffledSubarray(cut(list), { minLength: list.length }));
const someChunks = sizes.chain(list => fc.tuple(fc.constant(cut(list)), fc.shuffledSubarray(cut(list))));

describe('the account of a log', () => {
  it('is whole when every chunk has come, in whatever order and however often', () => {
    fc.assert(
      fc.property(shuffledChunks, chunks => {
        const log = new JobLog();
        for (const chunk of chunks) expect(log.accept(chunk)).toBe('new');
        for (const chunk of chunks) expect(log.accept(chunk)).toBe('repeat');
        const total = chunks.reduce((sum, { size }) => sum + size, 0);
        expect([log.contiguousSize, log.size]).toEqual([total, total]);
        expect([log.gaps(), log.missingSequences()]).toEqual([[], []]);
      }),
    );
  });

  it('names exactly the bytes that are missing before the last that came', () => {
    fc.assert(
      fc.property(someChunks, ([all, received]) => {
        const log = new JobLog();
        for (const chunk of received) log.accept(chunk);
        const missing = new Set(
          all.filter(({ offset }) => offset < log.size && !received.some(each => each.offset === offset)).flatMap(bytesOf),
        );
        expect(new Set(log.gaps().flatMap(({ from, to }) => range(from, to)))).toEqual(missing);
        expect(log.contiguousSize).toBe(log.gaps()[0]?.from ?? log.size);
      }),
    );
  });

  it('takes no byte twice: a chunk that overlaps another is refused and changes nothing', () => {
    fc.assert(
      fc.property(shuffledChunks, fc.nat(), fc.integer({ min: 1, max: 200 }), (chunks, at, size) => {
        const log = new JobLog();
        for (const chunk of chunks) log.accept(chunk);
        const before = log.size;
        expect(log.accept({ sequence: 1_000_000, offset: at % before, size, digest: 'x', receivedAt: 0 })).toBe('overlap');
        expect(log.size).toBe(before);
      }),
    );
  });

  it.each([
    ['other bytes', { digest: 'other' }],
    ['another place', { offset: 500 }],
    ['another size', { size: 9 }],
  ])('refuses a sequence number that comes again with %s', (_name, change) => {
    const chunk = { sequence: 1, offset: 0, size: 5, digest: 'd', receivedAt: 0 };
    const log = new JobLog();
    log.accept(chunk);

    expect(log.accept({ ...chunk, ...change })).toBe('sequence-reused');
  });

  it('sees a lost chunk at the very end of what was numbered', () => {
    const log = new JobLog();
    log.accept({ sequence: 3, offset: 10, size: 0, digest: '', receivedAt: 0 });

    expect(log.missingSequences()).toEqual([1, 2]);
  });
});

function bytesOf({ offset, size }: LogChunk): number[] {
  return range(offset, offset + size);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
