import { existsSync } from 'node:fs';
import { ensureDebianPackages } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { z } from 'zod';
import type { Cluster } from './cluster.ts';
import { ClusterError } from './cluster-error.ts';

const indexSchema = z.object({ manifests: z.array(z.object({ annotations: z.record(z.string(), z.string()).optional() })) });

/**
 * Pushes an image to the cluster's registry and returns the name by which pods pull it. `source` is the path of an OCI
 * archive, or the name of an image in this machine's own storage (where `buildah` keeps them). `name` is its repository
 * and tag; by default those it has already.
 */
export async function loadImage(cluster: Cluster, source: string, name?: string): Promise<string> {
  await ensureDebianPackages(['skopeo']);
  const isArchive = existsSync(source);
  const target = registryPath(name ?? (isArchive ? await archiveImageName(source) : source));
  const { pushAddress, pullName } = cluster.registry;
  const from = isArchive ? `oci-archive:${source}` : `containers-storage:${source}`;
  const copied = await execa(
    'skopeo',
    ['--insecure-policy', 'copy', '--quiet', '--dest-tls-verify=false', from, `docker://${pushAddress}/${target}`],
    {
      reject: false,
    },
  );
  if (copied.failed) {
    const hint = isArchive ? 'is it an OCI archive?' : `there is no file of that name; is there an image? see: buildah images`;
    throw new ClusterError('bad-argument', `cannot load ${JSON.stringify(source)} (${hint}): ${copied.stderr.trim()}`);
  }
  return `${pullName}/${target}`;
}

/** The repository and tag of an image name: without the registry that it came from, and with a tag. */
export function registryPath(name: string): string {
  const [first = '', ...rest] = name.split('/');
  const isHost = rest.length > 0 && (/^\w.*[.:]/.test(first) || first === 'localhost');
  const path = isHost ? rest.join('/') : name;
  const tagged = /:[^/]+$/.test(path) ? path : `${path}:latest`;
  if (/^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*:\w[\w.-]{0,127}$/.test(tagged)) return tagged;
  throw new ClusterError(
    'bad-argument',
    `${JSON.stringify(name)} is no image name; use lower-case letters, digits, '.', '_', '-' and '/', then :TAG`,
  );
}

async function archiveImageName(path: string): Promise<string> {
  const listed = await execa('tar', ['--extract', '--to-stdout', '--wildcards', '--file', path, '*index.json'], { reject: false });
  let name: string | undefined;
  try {
    name = indexSchema.parse(JSON.parse(listed.stdout)).manifests[0]?.annotations?.['org.opencontainers.image.ref.name'];
  } catch {
    throw new ClusterError(
      'bad-argument',
      `${path} is no OCI archive (a tar file with index.json); make one: buildah push IMAGE oci-archive:FILE:NAME`,
    );
  }
  if (name === undefined)
    throw new ClusterError('bad-argument', `the image in ${path} has no name; give one: pnpm local load-image ${path} NAME:TAG`);
  return name;
}
