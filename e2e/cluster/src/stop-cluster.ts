import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '@buildkite-operator/e2e-setup';
import { Cgroup } from './cgroups.ts';
import { type ClusterIdentity, clusterIdentity } from './cluster-identity.ts';
import { ProcessRegistry } from './detached-process.ts';
import { ClusterNetwork } from './network.ts';

export interface StopClusterOptions {
  /** Also removes the images that were pushed to the registry. */
  readonly images?: boolean;
  /** Whose cluster; by default this checkout's. */
  readonly identity?: ClusterIdentity;
}

/** Ends this checkout's cluster and removes everything of it, whatever state it is in. Pushed images are kept for the next one. */
export async function stopCluster(options: StopClusterOptions = {}): Promise<void> {
  const identity = options.identity ?? clusterIdentity();
  await withLock(identity.lockPath, async () => {
    await removeCluster(identity);
    if (options.images === true) await rm(identity.registryDirectory, { recursive: true, force: true });
  });
}

/** What `stopCluster` does while it holds the lock. */
export async function removeCluster(identity: ClusterIdentity, options: { readonly keepLogs?: boolean } = {}): Promise<void> {
  const processes = new ProcessRegistry(identity.directory);
  const recorded = await list(join(identity.directory, 'processes'));
  await Promise.all(recorded.map(file => processes.kill(file.replace(/\.json$/, ''))));
  await new Cgroup(`/${identity.id}`).destroy();
  await new ClusterNetwork(identity, 0).destroy();
  const kept = options.keepLogs === true ? ['logs'] : [];
  const entries = (await list(identity.directory)).filter(name => !kept.includes(name));
  await Promise.all(entries.map(name => rm(join(identity.directory, name), { recursive: true, force: true })));
  if (kept.length === 0) await rm(identity.directory, { recursive: true, force: true });
}

function list(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
