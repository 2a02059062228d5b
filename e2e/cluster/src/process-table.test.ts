import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { childrenOf, identifyProcess, isRunning, killNow, parseStat } from './process-table.ts';

describe('reading /proc/PID/stat', () => {
  const rest = '0 '.repeat(17);

  it.each([
    ['an ordinary name', `12 (kubelet) S 1 ${rest}4711 0`],
    ['a name with spaces and parentheses', `12 (a) b) (c) S 1 ${rest}4711 0`],
  ])('finds parent and start time behind %s', (_, text) => {
    expect(parseStat(text)).toEqual({ state: 'S', parent: 1, startTime: '4711' });
  });

  it.each(['', 'rubbish', '12 (a) S'])('gives nothing for %j', text => {
    expect(parseStat(text)).toBeUndefined();
  });
});

describe('the identity of a process', () => {
  it('holds for as long as the process lives, and not for another with its pid', async () => {
    const child = spawn('sleep', ['1000']);
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const identity = identifyProcess(pid);
    if (identity === undefined) throw new Error('the process is not found');
    expect(isRunning(identity)).toBe(true);
    expect(childrenOf(process.pid)).toContain(pid);
    expect(isRunning({ ...identity, startTime: '1' })).toBe(false);
    expect(isRunning({ ...identity, bootId: 'of another boot' })).toBe(false);
    killNow(pid);
    await once(child, 'exit');
    expect(isRunning(identity)).toBe(false);
    expect(() => killNow(pid)).not.toThrow();
  });
});
