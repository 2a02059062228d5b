import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandFiles, commandValue, fitsProcess } from './long-command.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'commands-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Does what the set-up container does, and returns the file. */
function written(command: string, name = 'container-0'): string {
  const { env, script } = commandFiles([{ name, command }]);
  const variables = Object.fromEntries(env.map(({ name: key, value = '' }) => [key, value]));
  const text = ['umask 000', ...script].join('\n').replaceAll('/workspace/', `${root}/`);
  execFileSync('/bin/sh', ['-ec', text], { env: { ...process.env, ...variables } });
  return join(root, 'commands', name);
}

// What does not shrink when it is packed.
const noise = (length: number) => Array.from({ length }, (_, at) => String.fromCodePoint(33 + ((at * at * 7919 + at * 31) % 89))).join('');

describe('a command', () => {
  it('stands in its variable as long as a process can be given it', () => {
    const longest = 'x'.repeat(131_072 - 'BUILDKITE_COMMAND='.length - 1);
    expect(commandValue({ name: 'lint', command: longest })).toBe(longest);
    expect(commandFiles([{ name: 'lint', command: longest }])).toStrictEqual({ env: [], script: [] });
    expect(commandValue({ name: 'lint', command: `${longest}x` })).toBe('. /workspace/commands/lint');
    execFileSync('/bin/true', [], { env: { BUILDKITE_COMMAND: longest } });
    expect(() => execFileSync('/bin/true', [], { env: { BUILDKITE_COMMAND: `${longest}x` } })).toThrow(/E2BIG/);
  });

  it.each([
    ['dollars, quotes and no newline at its end', `echo '$(HOME) $$ "$HOME"' \\\n${'# $$(X)\n'.repeat(40_000)}exit 3`],
    ['newlines at its end', `${'echo 1\n'.repeat(30_000)}\n\n\n`],
    ['characters of several bytes', `# ${'日本語ñ😀'.repeat(30_000)}`],
    ['what cannot be packed', noise(900_000)],
  ])('that is longer is in its file byte for byte: %s', (_what, command) => {
    expect(readFileSync(written(command)).equals(Buffer.from(command))).toBe(true);
  });

  it('that is longer ends the shell with its own exit code, reading what the shell has', () => {
    const file = written(`A=$B\n${'true || echo\n'.repeat(20_000)}test "$A" = 7 && exit 42`);
    const run = () => execFileSync('/bin/sh', ['-ec', `. ${file}`], { env: { ...process.env, B: '7' }, stdio: 'pipe' });
    expect(run).toThrow(expect.objectContaining({ status: 42 }));
    // Whoever the command runs as.
    expect(statSync(file).mode & 0o444).toBe(0o444);
  });

  it('that is longer fails at the first failing line, as a short one does', () => {
    const file = written(`false\n${'# comment\n'.repeat(20_000)}exit 42`);
    expect(() => execFileSync('/bin/sh', ['-ec', `. ${file}`])).toThrow(expect.objectContaining({ status: 1 }));
  });

  it('that is longer is passed on in variables that a process can be given, two megabytes in all', () => {
    const { env } = commandFiles([{ name: 'container-0', command: noise(1_000_000) }]);
    expect(env.every(({ name, value = '' }) => fitsProcess(name, value) && /^[A-Za-z0-9+/=]+$/.test(value))).toBe(true);
    expect(env.reduce((sum, { value = '' }) => sum + value.length, 0)).toBeLessThan(1_500_000);
  });

  it('has a file of its own beside others', () => {
    const command = 'x'.repeat(200_000);
    const { env, script } = commandFiles([
      { name: 'a', command },
      { name: 'b', command: 'short' },
      { name: 'c', command },
    ]);
    expect(new Set(env.map(({ name }) => name)).size).toBe(env.length);
    expect(script.filter(line => line.includes('base64')).map(line => line.split('>')[1])).toEqual([
      '/workspace/commands/a',
      '/workspace/commands/c',
    ]);
  });

  it('fits where its bytes do, not its characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), fc.nat(140_000), (end, length) => {
        const value = 'x'.repeat(length) + end;
        expect(fitsProcess('A', value)).toBe(Buffer.from(`A=${value}\0`).length <= 131_072);
      }),
    );
  });
});
