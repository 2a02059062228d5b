import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@buildkite-operator/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenFile } from './token-source.ts';

let folder: string;
let path: string;
let now = 0;
let logged: string[];
let file: TokenFile;
const clock = { now: () => now };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stacks-token-'));
  path = join(folder, 'token');
  now = 0;
  logged = [];
  file = new TokenFile({ path, logger: createLogger('test', 'trace', { write: line => logged.push(line) }), rereadMs: 1000, clock });
});
afterEach(() => rm(folder, { recursive: true }));

/** Replaces the file at once, as the kubelet does. */
async function put(text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

describe('a token in a file', () => {
  it('is read without the white space around it', async () => {
    await put('  bkct_one \n');
    expect(await file.current()).toBe('bkct_one');
  });

  it('is used until it is time to read it again', async () => {
    await put('bkct_one');
    await file.current();
    await put('bkct_two');
    now = 999;
    expect(await file.current()).toBe('bkct_one');
    now = 1000;
    expect(await file.current()).toBe('bkct_two');
    expect(logged.join()).toContain('the agent token was replaced');
    expect(logged.join()).not.toContain('bkct_');
  });

  it('is read at once after a refusal, and is no other when the file has no other', async () => {
    await put('bkct_one');
    await file.current();
    expect(await file.after('bkct_one')).toBeUndefined();
    await put('bkct_two');
    expect(await file.after('bkct_one')).toBe('bkct_two');
    expect(await file.current()).toBe('bkct_two');
  });

  it('is not read again for a refusal of one that has been replaced since', async () => {
    await put('bkct_two');
    await file.current();
    await put('bkct_three');
    expect(await file.after('bkct_one')).toBe('bkct_two');
  });

  it('stays in use while the file is gone or half written, and is looked for again later', async () => {
    await put('bkct_one');
    await file.current();
    await rm(path);
    now = 1000;
    expect(await file.current()).toBe('bkct_one');
    expect(logged.join()).toContain('cannot read the agent token again');
    await put('');
    now = 2000;
    expect(await file.current()).toBe('bkct_one');
    await put('bkct_two');
    now = 2500;
    expect(await file.current()).toBe('bkct_one');
    now = 3000;
    expect(await file.current()).toBe('bkct_two');
  });

  it('that was never there is an error that names the file and the remedy', async () => {
    await expect(file.current()).rejects.toMatchObject({
      code: 'TokenUnreadable',
      message: expect.stringMatching(/token.*is the Secret mounted/s),
    });
    await put('bkct_one');
    expect(await file.current()).toBe('bkct_one');
  });

  it.each(['', ' \n', 'two words', 'line\nline', 'bkct_ü', 'a\0b'])('of %j is an error that says what belongs there', async content => {
    await put(content);
    await expect(file.current()).rejects.toMatchObject({ code: 'TokenUnreadable', message: expect.stringContaining('bkct_…') });
  });

  it('that is not one word is not repeated in the error', async () => {
    await put('bkct_one bkct_two');
    await expect(file.current()).rejects.toMatchObject({ message: expect.not.stringMatching(/bkct_(one|two)/) });
  });

  it('is read once for all who ask at the same time', async () => {
    await put('bkct_one');
    const tokens = await Promise.all(Array.from({ length: 50 }, () => file.current()));
    expect(new Set(tokens)).toEqual(new Set(['bkct_one']));
  });
});
