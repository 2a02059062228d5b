import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDebianPackages } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildImages, findImages } from './build-images.ts';
import type { BuiltImage } from './image-definition.ts';
import { imageReference, pushImages } from './push-images.ts';
import { startRegistry } from './testing/registry-process.ts';
import { tinyImages, writeTinySources } from './testing/tiny-images.ts';

let sources: string;
let folder: string;

beforeAll(() => ensureDebianPackages(['buildah', 'busybox-static']));

beforeEach(async () => {
  sources = await mkdtemp(join(tmpdir(), 'tiny-sources-'));
  folder = await mkdtemp(join(tmpdir(), 'tiny-images-'));
  await writeTinySources(sources);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(sources, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

async function build(): Promise<BuiltImage> {
  const [image] = await buildImages({ table: tinyImages(sources), folder });
  if (image === undefined) throw new Error('nothing was built');
  return image;
}

describe('building', () => {
  test('given nothing changed: gives the same image and starts no process', async () => {
    const image = await build();
    vi.stubEnv('PATH', '/nowhere');
    expect(await build()).toEqual(image);
  });

  test('given a changed file: gives another tag, and the old one again after the change is undone', async () => {
    const before = await build();
    await writeFile(join(sources, 'context/hello'), 'goodbye\n');
    const after = await build();
    expect(after.tag).not.toBe(before.tag);
    await writeFile(join(sources, 'context/hello'), 'hello\n');
    expect(await build()).toEqual(before);
  });

  test('given a Dockerfile that fails: says which program failed and where its output is; nothing counts as built', async () => {
    await writeTinySources(sources, { run: 'echo from the build; exit 7' });
    const failure = await build().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'build-failed' });
    const log = /output is in (\S+)/.exec(String(failure))?.[1] ?? '';
    expect(readFileSync(log, 'utf8')).toContain('from the build');
    expect(await findImages({ table: tinyImages(sources), folder })).toEqual([undefined]);
  });

  test('given a storage that was removed: builds the base image again', async () => {
    await build();
    await removeStorage();
    await writeFile(join(sources, 'context/hello'), 'goodbye\n');
    expect(await build()).toMatchObject({ name: 'test/tiny' });
  });

  test('given a storage full of rubbish: makes a new one', async () => {
    await build();
    for (const file of globSync(join(folder, 'storage-*/*-images/images.json'))) await writeFile(file, '{');
    await writeFile(join(sources, 'context/hello'), 'goodbye\n');
    expect(await build()).toMatchObject({ name: 'test/tiny' });
  });

  test('given two processes at once: both get the same image, one by one', async () => {
    const outputs = await Promise.all([buildInProcess(), buildInProcess()]);
    const tags = outputs.map(({ stdout }) => /^tag=(.*)$/m.exec(stdout)?.[1]);
    expect(tags).toEqual([(await build()).tag, (await build()).tag]);
    expect(outputs.filter(({ stdout }) => stdout.includes('✔ Build image test/tiny'))).toHaveLength(1);
  });

  test('given SIGKILL in the middle: no process, no mount and no image is left, and the next build works', async () => {
    const marker = `1${process.pid}`;
    await writeTinySources(sources, { run: `sleep ${marker}` });
    const running = buildInProcess();
    await vi.waitFor(() => expect(processesWith(`sleep\0${marker}`)).not.toEqual([]), { timeout: 60_000, interval: 50 });
    running.kill('SIGKILL');
    expect(await running).toMatchObject({ signal: 'SIGKILL' });
    await vi.waitFor(() => expect([...processesWith(`sleep\0${marker}`), ...processesWith(folder)]).toEqual([]), { timeout: 10_000 });
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folder);
    expect(await findImages({ table: tinyImages(sources), folder })).toEqual([undefined]);

    await writeTinySources(sources);
    expect(await build()).toMatchObject({ name: 'test/tiny' });
    expect(await readdir(folder)).not.toContain('scratch');
  });

  test('given an abort: stops at once and says so', async () => {
    const marker = `2${process.pid}`;
    await writeTinySources(sources, { run: `sleep ${marker}` });
    const stop = new AbortController();
    const running = buildImages({ table: tinyImages(sources), folder }, stop.signal);
    const end = running.catch((error: unknown) => error);
    await vi.waitFor(() => expect(processesWith(`sleep\0${marker}`)).not.toEqual([]), { timeout: 60_000, interval: 50 });
    stop.abort();
    expect(await end).toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(processesWith(`sleep\0${marker}`)).toEqual([]), { timeout: 10_000 });
  });
});

describe('pushing to a real registry', () => {
  test('sends what the registry lacks, once; it then serves the image under both tags, byte for byte', async () => {
    await using registry = await startRegistry();
    const image = await build();
    expect(await pushImages(registry.address, [image], { folder })).toEqual(['test/tiny']);
    expect(await pushImages(registry.address, [image], { folder })).toEqual([]);
    for (const tag of [image.tag, 'latest']) expect(await digestAt(registry.address, `test/tiny/manifests/${tag}`)).toBe(image.digest);
    const manifest = (await (await get(registry.address, `test/tiny/manifests/${image.tag}`)).json()) as { layers: { digest: string }[] };
    expect(manifest.layers.length).toBeGreaterThan(1);
    for (const { digest } of manifest.layers) expect(await digestAt(registry.address, `test/tiny/blobs/${digest}`)).toBe(digest);
    expect(imageReference(image, 'registry.example:5000')).toBe(`registry.example:5000/test/tiny:${image.tag}`);
  });

  test('given a newer image: keeps the older one and moves the tag latest', async () => {
    await using registry = await startRegistry();
    const older = await build();
    await pushImages(registry.address, [older], { folder });
    await writeFile(join(sources, 'context/hello'), 'goodbye\n');
    const newer = await build();
    expect(await pushImages(registry.address, [newer], { folder })).toEqual(['test/tiny']);
    expect(await digestAt(registry.address, `test/tiny/manifests/${older.tag}`)).toBe(older.digest);
    expect(await digestAt(registry.address, 'test/tiny/manifests/latest')).toBe(newer.digest);
  });

  test('given no registry: says which address did not answer', async () => {
    const registry = await startRegistry();
    await registry.stop();
    await expect(pushImages(registry.address, [await build()], { folder })).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining(registry.address) as unknown,
    });
  });

  test('given a registry that takes nothing: gives its answer', async () => {
    await using registry = await startRegistry({ REGISTRY_STORAGE_MAINTENANCE_READONLY: '{"enabled": true}' });
    await expect(pushImages(registry.address, [await build()], { folder })).rejects.toMatchObject({ code: 'registry-refused' });
  });
});

function buildInProcess() {
  const program = `
    const [, sources, folder] = process.argv;
    const { buildImages } = await import(${JSON.stringify(join(import.meta.dirname, 'build-images.ts'))});
    const { tinyImages } = await import(${JSON.stringify(join(import.meta.dirname, 'testing/tiny-images.ts'))});
    const [image] = await buildImages({ table: tinyImages(sources), folder });
    console.log('tag=' + image.tag);`;
  return execa(process.execPath, ['--input-type=module', '--eval', program, sources, folder], { reject: false });
}

async function removeStorage(): Promise<void> {
  for (const path of globSync(join(folder, 'storage-*'))) await rm(path, { recursive: true });
}

function processesWith(text: string): string[] {
  return globSync('/proc/[0-9]*/cmdline').filter(path => {
    try {
      return path !== `/proc/${process.pid}/cmdline` && readFileSync(path, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}

async function get(registry: string, path: string): Promise<Response> {
  return fetch(`http://${registry}/v2/${path}`, { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } });
}

async function digestAt(registry: string, path: string): Promise<string> {
  const content = new Uint8Array(await (await get(registry, path)).arrayBuffer());
  const hash = await crypto.subtle.digest('SHA-256', content);
  return `sha256:${Buffer.from(hash).toString('hex')}`;
}
