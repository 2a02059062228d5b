import { join } from 'node:path';
import { execa } from 'execa';
import { withLock } from './lock.ts';
import { cacheDirectory } from './paths.ts';
import { step } from './progress.ts';

/** Installs those of the Debian packages that are missing, without starting any service they bring. */
export async function ensureDebianPackages(names: readonly string[]): Promise<void> {
  if ((await missing(names)).length === 0) return;
  await withLock(join(cacheDirectory(), 'locks', 'apt'), async () => {
    const wanted = await missing(names);
    if (wanted.length === 0) return;
    await step(`Install ${wanted.length} Debian packages: ${wanted.join(' ')}`, async ({ log, progress }) => {
      const options = { stdout: log, stderr: log, env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } } as const;
      progress('apt-get update');
      await execa('apt-get', ['-o', 'DPkg::Lock::Timeout=300', 'update'], options);
      progress('apt-get install');
      await execa('apt-get', ['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', ...wanted], options);
    });
  });
}

async function missing(names: readonly string[]): Promise<string[]> {
  const { stdout } = await execa('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names], { reject: false });
  const installed = new Set(
    stdout
      .split('\n')
      .filter(line => line.endsWith(' installed'))
      .map(line => line.split(' ')[0]),
  );
  return names.filter(name => !installed.has(name));
}
