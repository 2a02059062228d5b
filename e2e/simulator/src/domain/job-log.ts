/** One received piece of a log; offsets and sizes count uncompressed bytes. */
export interface LogChunk {
  readonly sequence: number;
  readonly offset: number;
  readonly size: number;
  /** Digest of the bytes, to tell a repeat from a contradiction. */
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** What a chunk is in relation to those before it. Only `new` adds bytes. */
export type ChunkVerdict = 'new' | 'repeat' | 'overlap' | 'sequence-reused';

/** A stretch of bytes [from, to) that no chunk has brought. */
export interface LogGap {
  readonly from: number;
  readonly to: number;
}

/**
 * The account of a job's log: which bytes came when. Chunks may come in any order and may be repeated, since an agent
 * sends again what was not acknowledged. Holds no bytes itself.
 */
export class JobLog {
  /** Ordered by offset, without overlaps. */
  readonly #chunks: LogChunk[] = [];
  readonly #bySequence = new Map<number, LogChunk>();
  #contiguousChunks = 0;
  #contiguousSize = 0;

  /** What the chunk is in relation to those before it; changes nothing. */
  judge(chunk: LogChunk): ChunkVerdict {
    const known = this.#bySequence.get(chunk.sequence);
    if (known !== undefined) {
      const same = known.offset === chunk.offset && known.size === chunk.size && known.digest === chunk.digest;
      return same ? 'repeat' : 'sequence-reused';
    }
    if (chunk.size === 0) return 'new';
    const index = this.#firstAtOrAfter(chunk.offset);
    const before = this.#chunks[index - 1];
    const after = this.#chunks[index];
    if (before !== undefined && before.offset + before.size > chunk.offset) return 'overlap';
    if (after !== undefined && chunk.offset + chunk.size > after.offset) return 'overlap';
    return 'new';
  }

  /** Judges a chunk and, if it is new, takes it into the account. */
  accept(chunk: LogChunk): ChunkVerdict {
    const verdict = this.judge(chunk);
    if (verdict !== 'new') return verdict;
    this.#bySequence.set(chunk.sequence, chunk);
    if (chunk.size > 0) {
      this.#chunks.splice(this.#firstAtOrAfter(chunk.offset), 0, chunk);
      this.#advance();
    }
    return 'new';
  }

  /** Bytes from the start up to the first gap: what may be shown. */
  get contiguousSize(): number {
    return this.#contiguousSize;
  }

  /** End of the last byte received. */
  get size(): number {
    const last = this.#chunks.at(-1);
    return last === undefined ? 0 : last.offset + last.size;
  }

  get chunks(): readonly LogChunk[] {
    return this.#chunks;
  }

  /** Stretches that are missing before the last received byte. */
  gaps(): LogGap[] {
    const gaps: LogGap[] = [];
    let end = 0;
    for (const { offset, size } of this.#chunks) {
      if (offset > end) gaps.push({ from: end, to: offset });
      end = offset + size;
    }
    return gaps;
  }

  /** Numbers missing between 1 and the highest received sequence. */
  missingSequences(): number[] {
    const highest = [...this.#bySequence.keys()].reduce((max, sequence) => Math.max(max, sequence), 0);
    return Array.from({ length: highest }, (_, index) => index + 1).filter(sequence => !this.#bySequence.has(sequence));
  }

  #firstAtOrAfter(offset: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = this.#chunks[middle];
      if (chunk !== undefined && chunk.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #advance(): void {
    for (;;) {
      const next = this.#chunks[this.#contiguousChunks];
      if (next === undefined || next.offset !== this.#contiguousSize) return;
      this.#contiguousSize += next.size;
      this.#contiguousChunks += 1;
    }
  }
}
