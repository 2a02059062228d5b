import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unlessAborted } from './interruption.ts';

const module = JSON.stringify(join(import.meta.dirname, 'interruption.ts'));

/** A program that runs a child by execa, and cleans up for a while when it is interrupted. */
const program = `
import { execa } from 'execa';
import { interruptionSignal } from ${module};
const signal = interruptionSignal();
void execa('sleep', ['60'], { reject: false });
console.log('ready');
await new Promise(resolve => signal.addEventListener('abort', resolve));
console.log(signal.reason.message);
await new Promise(resolve => setTimeout(resolve, process.argv.includes('slow') ? 60_000 : 200));
console.log('cleaned up');
process.exit(3);
`;

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, ...args], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const said = Promise.withResolvers<void>();
  const interrupted = Promise.withResolvers<void>();
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString();
    if (output.includes('ready')) said.resolve();
    if (output.includes('interrupted')) interrupted.resolve();
  });
  const end = once(child, 'close').then(([code]: readonly unknown[]) => ({ code, output }));
  return { child, ready: said.promise, interrupted: interrupted.promise, end };
}

describe('a program that is asked to end', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s cleans up first, though it has used execa', async name => {
    const { child, ready, end } = start();
    await ready;
    child.kill(name);
    expect(await end).toEqual({ code: 3, output: `ready\ninterrupted by ${name}\ncleaned up\n` });
  });

  it('twice ends at once', async () => {
    const { child, ready, interrupted, end } = start('slow');
    await ready;
    child.kill('SIGINT');
    await interrupted;
    child.kill('SIGINT');
    expect(await end).toEqual({ code: 130, output: 'ready\ninterrupted by SIGINT\n' });
  });
});

describe('an action under a signal', () => {
  const { signal: never } = new AbortController();

  it('gives what it gives', async () => {
    expect(await unlessAborted(Promise.resolve(7), never)).toBe(7);
  });

  it('is left when the signal is aborted, before or while it runs', async () => {
    const stop = new AbortController();
    const waiting = unlessAborted(new Promise(() => undefined), stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(unlessAborted(Promise.resolve(7), stop.signal)).rejects.toThrow('enough');
  });
});
