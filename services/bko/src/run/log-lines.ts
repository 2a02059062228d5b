/** Where a log was left: its last line's time, how many lines of that time are complete, and how many bytes of the next are there. */
interface Mark {
  readonly time: string;
  readonly lines: number;
  readonly bytes: number;
}

const start: Mark = { time: '', lines: 0, bytes: 0 };
const newline = 10;
const space = 32;

/**
 * A container's log out of streams that overlap: the kubelet's, with a timestamp before each line, of which each begins at or before the second
 * in which the last one ended. Every byte comes out once, as soon as it is there. Times are all of one form (RFC 3339 with nine digits), so
 * their order is that of the texts.
 */
export class LogLines {
  #mark = start;
  #resume = start;
  #at = start;
  #stamp: number[] = [];
  #inStamp = true;

  /** From when on the next stream must be, in whole seconds; undefined for the beginning. */
  get since(): string | undefined {
    return this.#mark.time === '' ? undefined : `${this.#mark.time.slice(0, 19)}Z`;
  }

  /** The next stream begins. */
  reconnect(): void {
    this.#resume = this.#mark;
    this.#at = start;
    this.#stamp = [];
    this.#inStamp = true;
  }

  /** What is new in the next bytes of the stream, without timestamps. */
  push(bytes: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    let position = 0;
    while (position < bytes.length) {
      if (this.#inStamp) {
        const byte = bytes[position] ?? space;
        position += 1;
        if (byte === space) this.#beginLine();
        else this.#stamp.push(byte);
        continue;
      }
      const end = bytes.indexOf(newline, position);
      const next = end === -1 ? bytes.length : end + 1;
      parts.push(this.#take(bytes.subarray(position, next), end !== -1));
      position = next;
    }
    return Buffer.concat(parts);
  }

  #beginLine(): void {
    const time = Buffer.from(this.#stamp).toString('latin1');
    this.#at = { time, lines: time === this.#at.time ? this.#at.lines : 0, bytes: 0 };
    this.#stamp = [];
    this.#inStamp = false;
  }

  #take(part: Uint8Array, isEnd: boolean): Uint8Array {
    const before = this.#at;
    const known = knownBytes(before, this.#resume);
    const fresh = part.subarray(Math.min(Math.max(known - before.bytes, 0), part.length));
    this.#at = isEnd ? { ...before, lines: before.lines + 1, bytes: 0 } : { ...before, bytes: before.bytes + part.length };
    if (isAfter(this.#at, this.#mark)) this.#mark = this.#at;
    this.#inStamp = isEnd;
    return fresh;
  }
}

/** How many bytes of a line were there already. */
function knownBytes(line: Mark, resume: Mark): number {
  if (line.time !== resume.time) return line.time < resume.time ? Number.POSITIVE_INFINITY : 0;
  if (line.lines !== resume.lines) return line.lines < resume.lines ? Number.POSITIVE_INFINITY : 0;
  return resume.bytes;
}

function isAfter(a: Mark, b: Mark): boolean {
  if (a.time !== b.time) return a.time > b.time;
  return a.lines === b.lines ? a.bytes > b.bytes : a.lines > b.lines;
}
