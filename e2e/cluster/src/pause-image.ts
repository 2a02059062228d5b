import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '@buildkite-operator/e2e-setup';
import { pauseImage } from './node-config.ts';
import { writeOciArchive } from './oci-archive.ts';

/** Packs the static binary `pause`, alone in its folder, into an OCI archive in the cache, and returns the archive's path. */
export async function ensurePauseImage(binaries: string): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(join(binaries, 'pause')))
    .digest('hex');
  const archive = join(cacheDirectory(), 'pause-images', `${digest.slice(0, 16)}.tar`);
  if (!existsSync(archive))
    await writeOciArchive(archive, { rootDirectory: binaries, config: { Entrypoint: ['/pause'], User: '65535:65535' }, name: pauseImage });
  return archive;
}
