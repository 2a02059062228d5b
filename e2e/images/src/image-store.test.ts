import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ImageRecord, ImageStore, imageTag } from './image-store.ts';

let folder: string;
let store: ImageStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-store-'));
  store = new ImageStore(folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a saved image', () => {
  test('is found by its key, with its tag, digest and size', async () => {
    const record = await saveImage('test/a', 'key', 'layer of a');
    expect(await store.find('test/a', 'key')).toEqual(record);
    expect(store.describe(record)).toEqual({ name: 'test/a', tag: imageTag(digestOf(record)), digest: digestOf(record), bytes: 10 });
    expect(await store.find('test/a', 'other')).toBeUndefined();
    expect(await store.find('test/b', 'key')).toBeUndefined();
  });

  test.each<{ damage: string; make: (record: ImageRecord) => Promise<void> }>([
    { damage: 'a blob is missing', make: () => rm(blob(digest('layer'))) },
    { damage: 'a blob was cut short', make: () => truncate(blob(digest('layer')), 2) },
    { damage: 'the manifest is missing', make: record => rm(blob(digestOf(record))) },
    {
      damage: 'the manifest is rubbish of the right size',
      make: async record => writeFile(blob(digestOf(record)), '{'.repeat(sizeOf(record))),
    },
    { damage: 'the record is empty', make: () => writeFile(join(folder, 'records/test_a/key.json'), '') },
    { damage: 'the record has another shape', make: () => writeFile(join(folder, 'records/test_a/key.json'), '{"name":1}') },
  ])('does not count when $damage', async ({ make }) => {
    await make(await saveImage('test/a', 'key', 'layer'));
    expect(await store.find('test/a', 'key')).toBeUndefined();
  });

  test('without a manifest, as a stand-in has it, is found but never described', async () => {
    const record = { name: 'docker.io/library/x:1', key: 'key', imageId: '0123' };
    await store.save(record);
    expect(await store.find(record.name, 'key')).toEqual(record);
    expect(() => store.describe(record)).toThrow(expect.objectContaining({ code: 'unknown-image' }));
  });
});

describe('collecting garbage', () => {
  test('given eight states of an image: keeps those used last, and no blob that only the others had', async () => {
    for (let state = 0; state < 8; state += 1) {
      await saveImage('test/a', `key-${state}`, `layer ${state}`);
      await waitForNextTimestamp();
    }
    await store.find('test/a', 'key-0');
    await store.collectGarbage();
    const left = await Promise.all(Array.from({ length: 8 }, (_, state) => store.find('test/a', `key-${state}`)));
    expect(left.map(record => record !== undefined)).toEqual([true, false, false, false, true, true, true, true]);
    expect(existsSync(blob(digest('layer 1')))).toBe(false);
    expect(await readdir(join(folder, 'blobs'))).toHaveLength(5 * 3);
  });

  test('given a blob that two images share: keeps it for the one that stays', async () => {
    await saveImage('test/a', 'key', 'shared');
    const other = await saveImage('test/b', 'key', 'shared');
    await rm(join(folder, 'records/test_a/key.json'));
    await store.collectGarbage();
    expect(await store.find('test/b', 'key')).toEqual(other);
  });

  test('given leftovers of a build that was cut off: removes them', async () => {
    await saveImage('test/a', 'key', 'layer');
    await writeFile(blob('sha256:leftover'), 'x');
    await writeFile(join(folder, 'records/test_a/key.json.new'), '{"na');
    await store.collectGarbage();
    expect(await readdir(join(folder, 'records/test_a'))).toEqual(['key.json']);
    expect(existsSync(blob('sha256:leftover'))).toBe(false);
  });

  test('given nothing at all: does nothing', async () => {
    await expect(store.collectGarbage()).resolves.toBeUndefined();
  });
});

test('a layout with two images is refused', async () => {
  const layout = join(folder, 'layout');
  await mkdir(layout);
  const entry = { mediaType: 'x', digest: digest('x'), size: 1 };
  await writeFile(join(layout, 'index.json'), JSON.stringify({ manifests: [entry, entry] }));
  await expect(store.adopt(layout)).rejects.toMatchObject({ code: 'invalid-build-output' });
});

async function saveImage(name: string, key: string, layer: string): Promise<ImageRecord> {
  const layout = join(folder, 'layout');
  await rm(layout, { recursive: true, force: true });
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  const put = async (content: string) => {
    await writeFile(join(layout, 'blobs/sha256', digest(content).slice(7)), content);
    return { mediaType: 'x', digest: digest(content), size: content.length };
  };
  const manifest = await put(JSON.stringify({ config: await put(`config of ${name} ${key}`), layers: [await put(layer)] }));
  await writeFile(join(layout, 'index.json'), JSON.stringify({ manifests: [manifest] }));
  const record = { name, key, imageId: '0123', manifest: await store.adopt(layout) };
  await store.save(record);
  return record;
}

function digest(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function digestOf({ manifest }: ImageRecord): string {
  return manifest?.digest ?? '';
}

function sizeOf({ manifest }: ImageRecord): number {
  return manifest?.size ?? 0;
}

function blob(of: string): string {
  return store.blobPath(of);
}

async function waitForNextTimestamp(): Promise<void> {
  await new Promise(resolve => {
    setTimeout(resolve, 5);
  });
}
