import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stripTimeCodes, TimeCodeStripper } from './strip-time-codes.ts';

const code = fc.nat().map(time => Buffer.from(`\u001b_bk;t=${time}\u0007`));
/** Text that is rich in what looks like the beginning of a time code. */
const text = fc
  .array(fc.constantFrom('a', '\n', '\u001b', '\u001b_', '\u001b_bk;t=', '\u001b_bk;t=12', '\u0007', '\u001b[31m', '7'))
  .map(parts => Buffer.from(parts.join('')));

describe('a log without its time codes', () => {
  it.each([
    ['\u001b_bk;t=1700000000000\u0007line\n', 'line\n'],
    ['a\u001b_bk;t=1\u0007b\u001b_bk;t=2\u0007', 'ab'],
    ['\u001b_bk;t=\u0007', '\u001b_bk;t=\u0007'],
    ['\u001b_bk;t=1x\u0007', '\u001b_bk;t=1x\u0007'],
    ['\u001b_bk;t=1', '\u001b_bk;t=1'],
    ['\u001b\u001b_bk;t=1\u0007', '\u001b'],
    ['\u001b[0m', '\u001b[0m'],
  ])('%j is %j', (raw, plain) => {
    expect(stripTimeCodes(Buffer.from(raw)).toString()).toBe(plain);
  });

  it('is the same, into whatever pieces the log was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(code, text)), fc.array(fc.integer({ min: 1, max: 20 })), (parts, cuts) => {
        const raw = Buffer.concat(parts);
        const stripper = new TimeCodeStripper();
        const out: Buffer[] = [];
        let at = 0;
        for (const size of [...cuts, raw.length]) {
          out.push(stripper.push(raw.subarray(at, at + size)));
          at += size;
        }
        out.push(stripper.end());
        expect(Buffer.concat(out).equals(stripTimeCodes(raw))).toBe(true);
      }),
    );
  });

  it('keeps every other byte, invalid UTF-8 too', () => {
    const bytes = fc.uint8Array().map(array => Buffer.from(array).filter(byte => byte !== 0x1b));
    fc.assert(
      fc.property(fc.array(fc.tuple(code, bytes)), parts => {
        const raw = Buffer.concat(parts.flatMap(([before, content]) => [before, Buffer.from(content)]));
        expect(stripTimeCodes(raw).equals(Buffer.concat(parts.map(([, content]) => Buffer.from(content))))).toBe(true);
      }),
    );
  });
});
