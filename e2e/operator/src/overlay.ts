import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { repositoryRoot } from '@buildkite-operator/e2e-setup';
import { stringify } from 'yaml';

/** What a cluster needs beside a kustomization of this repository. */
export interface Overlay {
  /** Folder of the kustomization, relative to the repository. */
  readonly base: string;
  readonly namespace: string;
  /** References that nodes can pull, by the name that the manifests have. */
  readonly images: Readonly<Record<string, string>>;
  /** ConfigMaps of the base that get further values. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Label selectors of what is left out of the base. */
  readonly without?: readonly string[];
  /** Secrets to make, by name. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Writes the overlay as a kustomization of its own to a temporary folder for as long as `use` runs. */
export async function withOverlay<T>(overlay: Overlay, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'buildkite-operator-overlay-'));
  try {
    writeFileSync(join(folder, 'kustomization.yaml'), stringify(kustomization(overlay, folder), { version: '1.1' }));
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function kustomization({ base, namespace, images, settings = {}, without = [], secrets = {} }: Overlay, folder: string): object {
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: [relative(folder, join(repositoryRoot, base))],
    images: Object.entries(images).map(([name, reference]) => imageOverride(name, reference)),
    patches: without.map(labelSelector => ({ target: { labelSelector }, patch: JSON.stringify(deletion) })),
    configMapGenerator: Object.entries(settings).map(([name, values]) => ({ name, behavior: 'merge', literals: toLiterals(values) })),
    secretGenerator: Object.entries(secrets).map(([name, values]) => ({
      name,
      literals: toLiterals(values),
      options: { disableNameSuffixHash: true },
    })),
  };
}

/** kustomize wants kind and name in a patch, and goes by the target alone. */
const deletion = { apiVersion: 'v1', kind: 'Any', metadata: { name: 'any' }, $patch: 'delete' };

function toLiterals(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}

/** Splits `registry:5000/name:tag` as kustomize wants it; the colon of a port is not a tag's. */
function imageOverride(name: string, reference: string): object {
  const colon = reference.lastIndexOf(':');
  const tagged = colon > reference.lastIndexOf('/');
  return tagged ? { name, newName: reference.slice(0, colon), newTag: reference.slice(colon + 1) } : { name, newName: reference };
}
