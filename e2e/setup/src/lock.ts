import { createHash } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds; 30 minutes if not given. */
  readonly timeoutMs?: number;
  /** Told once, if there is another holder, which process that is. */
  readonly onWait?: (holder: string) => void;
}

/** A lock that is held. */
export interface Lock {
  release(): void;
}

/**
 * Waits until this process alone holds the lock of this name (any text, such as a path); throws when another still holds it after the
 * time. The kernel frees the lock of a process that ends, however it ends: it is an abstract Unix socket (Linux, unix(7)), which
 * tells who holds it to everyone who connects.
 */
export async function acquireLock(name: string, { timeoutMs = 30 * 60_000, onWait }: LockOptions = {}): Promise<Lock> {
  const address = `\0buildkite-operator-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  const deadline = Date.now() + timeoutMs;
  let held = await tryAcquire(address);
  if (held === undefined) onWait?.(await holder(address));
  while (held === undefined) {
    if (Date.now() > deadline) {
      throw new Error(`the lock ${name} is still held by process ${await holder(address)} after ${timeoutMs / 1000} s; end it or wait`);
    }
    await delay(100);
    held = await tryAcquire(address);
  }
  const server = held;
  return { release: () => void server.close() };
}

/** Runs `action` while this process alone holds the lock. */
export async function withLock<T>(name: string, action: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const lock = await acquireLock(name, options);
  try {
    return await action();
  } finally {
    lock.release();
  }
}

async function tryAcquire(address: string): Promise<Server | undefined> {
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy());
    socket.end(String(process.pid));
  });
  return new Promise((resolve, reject) => {
    server.once('error', error => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      // Whoever forgets to wait for the action is not kept from ending by its lock.
      server.unref();
      resolve(server);
    });
  });
}

async function holder(address: string): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(address);
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', data => resolve(data.toString()));
    socket.on('error', () => resolve('(unknown)'));
    socket.on('close', () => resolve('(unknown)'));
  });
}

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
