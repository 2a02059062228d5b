import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder that is removed when it is disposed of, and also when this process dies without doing so. */
export interface ScratchDirectory extends AsyncDisposable {
  readonly path: string;
}

/**
 * Waits until its standard input ends, which is when the process that holds the other end is gone, and then removes
 * the folder. It tries for a while, because processes that die with the same parent may still be writing there.
 */
const removeAtEnd = 'cat >/dev/null; for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && break; sleep 0.2; done';

/** Makes one, below the system's folder for temporary files; its name begins with `prefix`. */
export async function scratchDirectory(prefix: string): Promise<ScratchDirectory> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  const remover = spawn('sh', ['-c', removeAtEnd, 'remove-at-end', path], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  remover.unref();
  // A pipe is a handle of its own, and would keep this process from ending.
  if ('unref' in remover.stdin && typeof remover.stdin.unref === 'function') remover.stdin.unref();
  const removed = new Promise<void>(resolve => {
    remover.once('exit', () => resolve());
    remover.once('error', () => resolve());
  });
  return {
    path,
    async [Symbol.asyncDispose]() {
      remover.ref();
      remover.stdin.end();
      await removed;
      await rm(path, { recursive: true, force: true });
    },
  };
}
