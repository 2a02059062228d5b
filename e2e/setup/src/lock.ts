import { createHash } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `action` while this process alone holds the lock of this name (any text, such as a path). Waits for another holder;
 * throws when it is still held after `timeoutMs`. The kernel frees the lock of a process that ends, however it ends: it is an
 * abstract Unix socket (Linux, unix(7)), which tells who holds it to everyone who connects.
 */
export async function withLock<T>(name: string, action: () => Promise<T>, timeoutMs = 30 * 60_000): Promise<T> {
  const address = `\0buildkite-operator-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  const deadline = Date.now() + timeoutMs;
  let held = await tryAcquire(address);
  while (held === undefined) {
    if (Date.now() > deadline) {
      throw new Error(`the lock ${name} is still held by process ${await holder(address)} after ${timeoutMs / 1000} s; end it or wait`);
    }
    await delay(100);
    held = await tryAcquire(address);
  }
  try {
    return await action();
  } finally {
    held.close();
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
