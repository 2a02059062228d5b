import { parseArgs } from 'node:util';
import { interruptionSignal, say } from '@buildkite-operator/e2e-setup';
import { buildImages, findImages, selectImages } from './build-images.ts';
import type { BuiltImage } from './image-definition.ts';
import { ImageError } from './image-error.ts';
import { imageTable } from './image-table.ts';
import { imageReference, pushImages } from './push-images.ts';

const usage = `usage: node e2e/images/src/cli.ts COMMAND
  build [NAME…]           build what changed
  push HOST:PORT [NAME…]  build what changed, and push what that registry lacks
  list                    show every image, and whether it is built from the current sources`;

async function main([command, ...rest]: readonly string[], signal: AbortSignal): Promise<number> {
  if (command === 'build') return build(rest, signal);
  if (command === 'push' && rest[0] !== undefined) return push(rest[0], rest.slice(1), signal);
  if (command === 'list' && rest.length === 0) return list();
  process.stderr.write(`${usage}\n`);
  return 2;
}

async function build(names: readonly string[], signal: AbortSignal): Promise<number> {
  for (const image of await buildImages(only(names), signal)) say(describe(image));
  return 0;
}

async function push(registry: string, names: readonly string[], signal: AbortSignal): Promise<number> {
  const images = await buildImages(only(names), signal);
  const pushed = await pushImages(registry, images, {}, signal);
  for (const image of images) say(`${imageReference(image, registry)}  ${pushed.includes(image.name) ? 'pushed' : 'was there'}`);
  return 0;
}

async function list(): Promise<number> {
  const found = await findImages();
  for (const [position, { name }] of selectImages(imageTable).entries()) {
    const image = found[position];
    say(image === undefined ? `${name}  to be built` : describe(image));
  }
  return 0;
}

function describe({ name, tag, bytes }: BuiltImage): string {
  return `${name}:${tag}  ${(bytes / 1e6).toFixed(1)} MB`;
}

function only(names: readonly string[]): { only?: readonly string[] } {
  return names.length === 0 ? {} : { only: names };
}

const signal = interruptionSignal();
try {
  process.exitCode = await main(parseArgs({ allowPositionals: true }).positionals, signal);
} catch (error) {
  if (!signal.aborted && !(error instanceof ImageError)) throw error;
  process.stderr.write(`error: ${error instanceof ImageError ? error.message : 'stopped'}\n`);
  process.exitCode = signal.aborted ? 130 : 1;
}
