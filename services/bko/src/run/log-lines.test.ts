import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogLines } from './log-lines.ts';

interface Line {
  readonly time: string;
  readonly text: string;
}

const second = (time: string) => `${time.slice(0, 19)}Z`;

/** What the kubelet sends of a log from `since` on; the last line may be unfinished. */
function streamOf(lines: readonly Line[], since: string | undefined): Buffer {
  const wanted = lines.filter(({ time }) => since === undefined || second(time) >= since);
  return Buffer.from(wanted.map(({ time, text }) => `${time} ${text}`).join(''));
}

const time = (ms: number) => `2026-11-24T17:00:${String(10 + Math.floor(ms / 10)).padStart(2, '0')}.${String(ms % 10).repeat(9)}Z`;
/** Lines of which many share a time. */
const logs = fc
  .array(fc.tuple(fc.nat({ max: 8 }), fc.string({ unit: fc.constantFrom('a', ' ', 'ä', '\r', '🙂', '2026-11-24T17:00:10Z ') })), {
    maxLength: 12,
  })
  .map(parts => {
    let at = 0;
    return parts.map(([step, text]): Line => {
      at += Math.max(0, step - 4);
      return { time: time(at), text: `${text}\n` };
    });
  });

describe('a log read from streams that are cut anywhere', () => {
  it('comes out once, byte for byte', () => {
    fc.assert(
      fc.property(logs, fc.array(fc.tuple(fc.nat({ max: 200 }), fc.integer({ min: 1, max: 30 })), { maxLength: 6 }), (lines, cuts) => {
        const reader = new LogLines();
        const out: Uint8Array[] = [];
        for (const [length, chunk] of [...cuts, [Number.POSITIVE_INFINITY, 7] as const]) {
          const stream = streamOf(lines, reader.since).subarray(0, length);
          reader.reconnect();
          for (let at = 0; at < stream.length; at += chunk) out.push(reader.push(stream.subarray(at, at + chunk)));
        }
        expect(Buffer.concat(out).toString()).toBe(lines.map(({ text }) => text).join(''));
      }),
      { numRuns: 1000 },
    );
  });

  it('has the part of a line as soon as it is there', () => {
    const reader = new LogLines();
    const push = (text: string) => Buffer.from(reader.push(Buffer.from(text))).toString();
    expect(push(`${time(0)} half`)).toBe('half');
    expect(push(' a line')).toBe(' a line');
    reader.reconnect();
    expect(push(`${time(0)} half a line, whole\n${time(0)} next\n`)).toBe(', whole\nnext\n');
    expect(reader.since).toBe(second(time(0)));
  });
});
