import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, repositoryRoot } from '@buildkite-operator/e2e-setup';
import { ClusterError } from './cluster-error.ts';

/** The names and folders of one checkout's cluster, one for each cache. Everything it makes on the machine carries `id`. */
export interface ClusterIdentity {
  /** `bkop-` and eight hex digits that follow from the paths of checkout and cache; short enough to name a network interface (15 characters). */
  readonly id: string;
  /** The checkout. */
  readonly root: string;
  /** Everything of a running cluster; `down` removes it. */
  readonly directory: string;
  /** What was pushed to the registry; a cache, kept by `down`. */
  readonly registryDirectory: string;
  /** Guards every change to this cluster. */
  readonly lockPath: string;
}

export function clusterIdentity(root = realpathSync(repositoryRoot), cache = cacheDirectory()): ClusterIdentity {
  // A cluster in a cache of its own, as for a run from nothing, stands beside the usual one.
  const place = cache === cacheDirectory({}) ? root : `${root}\n${cache}`;
  const id = `bkop-${createHash('sha256').update(place).digest('hex').slice(0, 8)}`;
  return {
    id,
    root,
    directory: join(cache, 'clusters', id),
    registryDirectory: join(cache, 'registries', id),
    lockPath: join(cache, 'locks', id),
  };
}

const nodeNamePattern = /^[a-z](?:[-a-z0-9]{0,28}[a-z0-9])?$/;

/** Returns the name if a node may have it, and throws `bad-argument` otherwise. */
export function parseNodeName(name: string): string {
  if (nodeNamePattern.test(name) && name !== 'control-plane') return name;
  throw new ClusterError(
    'bad-argument',
    `node name ${JSON.stringify(name)} is not allowed: use 1 to 30 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen, but not control-plane`,
  );
}
