import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Artifact, StoredPart } from '../domain/records.ts';
import { Refusal } from '../domain/refusal.ts';

/** The bytes of artifacts: one folder an artifact, one file a part. */
export class ArtifactStore {
  readonly #directory: string;
  #uploads = 0;

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, 'artifacts');
  }

  /** Stores a part whole or not at all; what was there before is replaced. Refused when it is larger than `limit` bytes. */
  async write(artifactId: string, part: number, bytes: Readable, limit: number): Promise<StoredPart> {
    await mkdir(this.#folder(artifactId), { recursive: true });
    this.#uploads += 1;
    const scratch = join(this.#folder(artifactId), `.upload-${this.#uploads}`);
    const meter = new Meter(limit);
    try {
      await pipeline(bytes, meter, createWriteStream(scratch));
      await rename(scratch, this.#part(artifactId, part));
    } catch (error) {
      await rm(scratch, { force: true });
      throw error;
    }
    const { size, sha256 } = meter;
    return { size, sha256, etag: `"${sha256.slice(0, 32)}"` };
  }

  /** All bytes of an artifact, its parts in order. */
  read(artifact: Artifact): Readable {
    const parts = [...artifact.storedParts.keys()].toSorted((left, right) => left - right);
    return Readable.from(this.#pieces(artifact.id, parts), { objectMode: false });
  }

  async remove(artifactId: string): Promise<void> {
    await rm(this.#folder(artifactId), { recursive: true, force: true });
  }

  async *#pieces(artifactId: string, parts: readonly number[]): AsyncGenerator<Buffer, void, undefined> {
    for (const part of parts) yield* createReadStream(this.#part(artifactId, part));
  }

  #folder(artifactId: string): string {
    return join(this.#directory, artifactId);
  }

  #part(artifactId: string, part: number): string {
    return join(this.#folder(artifactId), String(part));
  }
}

/** Lets bytes through, counts and hashes them. */
class Meter extends Transform {
  readonly #hash = createHash('sha256');
  readonly #limit: number;
  #size = 0;
  #digest: string | undefined;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  get sha256(): string {
    this.#digest ??= this.#hash.digest('hex');
    return this.#digest;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += chunk.length;
    if (this.#size > this.#limit) {
      done(new Refusal('too-large', `more than the announced ${this.#limit} bytes came`));
      return;
    }
    this.#hash.update(chunk);
    done(null, chunk);
  }
}
