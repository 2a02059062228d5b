import { chmod, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { folderContext } from './context-files.ts';
import type { ImageDefinition } from './image-definition.ts';
import { hashInputs, imageKey } from './image-key.ts';

let folder: string;
let table: ImageDefinition[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-key-'));
  await mkdir(join(folder, 'context/deep'), { recursive: true });
  await writeFile(join(folder, 'context/run'), 'one');
  await writeFile(join(folder, 'context/deep/other'), 'two');
  await writeFile(join(folder, 'Dockerfile'), 'FROM base\nCOPY . /\n');
  await writeFile(join(folder, 'Dockerfile.base'), 'FROM scratch\n');
  const context = folderContext(join(folder, 'context'), ['**/*']);
  table = [
    { name: 'image', dockerfile: join(folder, 'Dockerfile'), context },
    { name: 'docker.io/library/base:latest', dockerfile: join(folder, 'Dockerfile.base'), context, standIn: true },
  ];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const key = () => {
  const [definition] = table;
  if (definition === undefined) throw new Error('the table is empty');
  return imageKey(definition, table);
};

describe('the key of an image', () => {
  test.each<{ change: string; make: () => Promise<void> }>([
    { change: "a file's content", make: () => writeFile(join(folder, 'context/deep/other'), 'three') },
    { change: "a file's name", make: () => rename(join(folder, 'context/run'), join(folder, 'context/run2')) },
    { change: 'an executable bit', make: () => chmod(join(folder, 'context/run'), 0o755) },
    { change: 'a new file', make: () => writeFile(join(folder, 'context/new'), '') },
    { change: 'a file less', make: () => rm(join(folder, 'context/run')) },
    { change: 'the Dockerfile', make: () => writeFile(join(folder, 'Dockerfile'), 'FROM base\nCOPY . /app\n') },
    { change: "the base image's Dockerfile", make: () => writeFile(join(folder, 'Dockerfile.base'), 'FROM scratch\nCMD ["x"]\n') },
  ])('changes with $change', async ({ make }) => {
    const before = await key();
    await make();
    expect(await key()).not.toBe(before);
  });

  test.each<{ change: string; make: () => Promise<void> }>([
    { change: 'nothing', make: () => Promise.resolve() },
    { change: 'a time', make: () => utimes(join(folder, 'context/run'), 1, 1) },
    { change: 'a test', make: () => writeFile(join(folder, 'context/run.test.ts'), 'x') },
    { change: 'a write bit', make: () => chmod(join(folder, 'context/run'), 0o666) },
  ])('stays with $change', async ({ make }) => {
    const before = await key();
    await make();
    expect(await key()).toBe(before);
  });

  test('does not depend on where the checkout lies', async () => {
    const before = await key();
    const moved = `${folder}-moved`;
    await rename(folder, moved);
    table = table.map(definition => ({
      ...definition,
      dockerfile: definition.dockerfile.replace(folder, moved),
      context: folderContext(join(moved, 'context'), ['**/*']),
    }));
    folder = moved;
    expect(await key()).toBe(before);
  });

  test('given a base that nobody provides: says which, and what to do', async () => {
    await writeFile(join(folder, 'Dockerfile'), 'FROM alpine:3\n');
    await expect(key()).rejects.toMatchObject({
      code: 'unknown-base-image',
      message: expect.stringContaining('docker.io/library/alpine:3') as unknown,
    });
  });

  test('given a Dockerfile that is missing: says its path', async () => {
    await rm(join(folder, 'Dockerfile'));
    await expect(key()).rejects.toMatchObject({
      code: 'missing-input',
      message: expect.stringContaining(join(folder, 'Dockerfile')) as unknown,
    });
  });
});

test('facts count by name and value, not by their order', async () => {
  const hash = (facts: Record<string, string>) => hashInputs({ root: folder, files: [], facts });
  expect(await hash({ a: '1', b: '2' })).toBe(await hash({ b: '2', a: '1' }));
  expect(await hash({ a: '1', b: '2' })).not.toBe(await hash({ a: '2', b: '1' }));
  expect(await hash({ a: '1' })).not.toBe(await hash({ b: '1' }));
});
