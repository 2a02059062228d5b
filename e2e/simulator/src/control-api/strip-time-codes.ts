const escape = 0x1b;
const bell = 0x07;
const opening = Buffer.from('\u001b_bk;t=');

/** Longest time code: the opening, 20 digits, the bell. */
const longest = opening.length + 21;

/**
 * Takes out the time codes (`ESC _bk;t=<milliseconds> BEL`) that the agent writes into a log, from bytes that come piece
 * by piece. Everything else passes unchanged, invalid UTF-8 and other escape codes too.
 */
export class TimeCodeStripper {
  #held: Buffer = Buffer.alloc(0);

  /** What of the bytes so far can be given out. */
  push(bytes: Buffer): Buffer {
    const input = Buffer.concat([this.#held, bytes]);
    const output: Buffer[] = [];
    let from = 0;
    for (;;) {
      const at = input.indexOf(escape, from);
      if (at === -1) break;
      const code = readTimeCode(input, at);
      if (code === 'unfinished') {
        output.push(input.subarray(from, at));
        this.#held = input.subarray(at);
        return Buffer.concat(output);
      }
      output.push(input.subarray(from, code === 'none' ? at + 1 : at));
      from = code === 'none' ? at + 1 : code;
    }
    this.#held = Buffer.alloc(0);
    output.push(input.subarray(from));
    return Buffer.concat(output);
  }

  /** The rest, when no more comes. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }
}

/** A whole log without its time codes. */
export function stripTimeCodes(bytes: Buffer): Buffer {
  const stripper = new TimeCodeStripper();
  return Buffer.concat([stripper.push(bytes), stripper.end()]);
}

/** Where the time code that begins here ends; `none` if it is none. */
function readTimeCode(input: Buffer, at: number): number | 'none' | 'unfinished' {
  for (let index = 0; index < longest; index += 1) {
    const byte = input[at + index];
    if (byte === undefined) return 'unfinished';
    if (index < opening.length) {
      if (byte !== opening[index]) return 'none';
    } else if (byte === bell) {
      return index === opening.length ? 'none' : at + index + 1;
    } else if (byte < 0x30 || byte > 0x39) {
      return 'none';
    }
  }
  return 'none';
}
