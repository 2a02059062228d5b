import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withLock } from './lock.ts';

const lockModule = join(import.meta.dirname, 'lock.ts');

/** Another process that takes the lock, says so, and keeps it. */
async function holderProcess(name: string) {
  const script = `const { withLock } = await import(${JSON.stringify(lockModule)}); await withLock(${JSON.stringify(name)}, async () => { console.log('held'); await new Promise(resolve => setTimeout(resolve, 60000)); });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

describe('given many who want one lock', () => {
  it('when they run at once, then never two are inside', async () => {
    let inside = 0;
    let most = 0;
    const name = `test-many-${process.pid}`;
    await Promise.all(
      Array.from({ length: 8 }, () =>
        withLock(name, async () => {
          inside += 1;
          most = Math.max(most, inside);
          await delay(5);
          inside -= 1;
        }),
      ),
    );
    expect(most).toBe(1);
  });

  it('when the holder throws, then the next gets it', async () => {
    const name = `test-throw-${process.pid}`;
    await expect(withLock(name, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await withLock(name, () => Promise.resolve('mine'))).toBe('mine');
  });
});

describe('given another process that holds the lock', () => {
  it('when the time is up, then the error names that process', async () => {
    const name = `test-timeout-${process.pid}`;
    const child = await holderProcess(name);
    try {
      await expect(withLock(name, () => Promise.resolve(), { timeoutMs: 200 })).rejects.toThrow(`held by process ${child.pid}`);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('when somebody waits, then it is told once who holds the lock', async () => {
    const name = `test-wait-${process.pid}`;
    const child = await holderProcess(name);
    const told: string[] = [];
    const waiting = withLock(name, () => Promise.resolve('mine'), { timeoutMs: 10_000, onWait: holder => told.push(holder) });
    await delay(300);
    child.kill('SIGKILL');
    expect(await waiting).toBe('mine');
    expect(told).toEqual([String(child.pid)]);
  });

  it('when it is killed, then the lock is free', async () => {
    const name = `test-killed-${process.pid}`;
    const child = await holderProcess(name);
    child.kill('SIGKILL');
    expect(await withLock(name, () => Promise.resolve('mine'), { timeoutMs: 10_000 })).toBe('mine');
  });
});
