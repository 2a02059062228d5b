import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The bytes of job logs, one file a job. */
export class LogStore {
  readonly #directory: string;

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, 'logs');
  }

  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
  }

  async write(jobId: string, offset: number, bytes: Buffer): Promise<void> {
    const file = await open(this.#path(jobId), constants.O_RDWR | constants.O_CREAT);
    try {
      await file.write(bytes, 0, bytes.length, offset);
    } finally {
      await file.close();
    }
  }

  /** The bytes from `from` to before `to`; fewer if the log is shorter. */
  async read(jobId: string, from: number, to: number): Promise<Buffer> {
    let file;
    try {
      file = await open(this.#path(jobId), 'r');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    }
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.max(0, Math.min(to, size) - from));
      await file.read(buffer, 0, buffer.length, from);
      return buffer;
    } finally {
      await file.close();
    }
  }

  async remove(jobId: string): Promise<void> {
    await rm(this.#path(jobId), { force: true });
  }

  #path(jobId: string): string {
    return join(this.#directory, `${jobId}.log`);
  }
}

/** What tells two chunks of the same place and size apart. */
export function chunkDigest(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('base64url');
}
