import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderContext } from '../context-files.ts';
import type { ImageDefinition } from '../image-definition.ts';

/** A stand-in that holds one static busybox, and an image that starts from it: seconds to build, with no network. */
export function tinyImages(folder: string): readonly ImageDefinition[] {
  return [
    { name: 'test/tiny', dockerfile: join(folder, 'Dockerfile'), context: folderContext(join(folder, 'context'), ['**/*']) },
    {
      name: 'docker.io/library/tiny-base:1',
      dockerfile: join(folder, 'Dockerfile.base'),
      context: folderContext(join(folder, 'base'), ['**/*']),
      standIn: true,
    },
  ];
}

/** Writes the sources of the images into a folder; needs busybox-static to be installed. */
export async function writeTinySources(folder: string, { run = 'true' }: { readonly run?: string } = {}): Promise<void> {
  await mkdir(join(folder, 'context'), { recursive: true });
  await mkdir(join(folder, 'base'), { recursive: true });
  await copyFile('/bin/busybox', join(folder, 'base/busybox'));
  await writeFile(
    join(folder, 'Dockerfile.base'),
    'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "ln", "-s", "busybox", "/bin/sh"]\n',
  );
  await writeFile(join(folder, 'Dockerfile'), `FROM tiny-base:1\nRUN ${run}\nCOPY hello /hello\nUSER 1000:1000\n`);
  await writeFile(join(folder, 'context/hello'), 'hello\n');
}
