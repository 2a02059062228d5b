import type { BuildJobSpec, EnvVar, VolumeMount } from '@buildkite-operator/crds';
import type { JsonObject } from '@buildkite-operator/crds/toolkit';
import { paths, volumeNames } from '@buildkite-operator/podspec';
import type { Origins } from '../origins.ts';
import type { KeyPath } from '../schema-problems.ts';
import { formatKeys, type ReportSettings } from '../settings-problem.ts';

/** The settings of a BuildJob, while they come together. */
export type Settings = { -readonly [Field in keyof BuildJobSpec]?: BuildJobSpec[Field] };

/** What the mapping of a `kubernetes` block writes to. */
export interface Draft {
  readonly origins: Origins;
  /** A key that cannot be had. */
  readonly refuse: (keys: KeyPath, problem: string, value?: unknown) => void;
  /** A key that changes nothing. */
  readonly notice: (keys: KeyPath, text: string) => void;
}

/** A draft for the block, whose problems and notices go there. */
export function draftFor(origins: Origins, report: ReportSettings, notices: string[]): Draft {
  return {
    origins,
    refuse: (keys, problem, value) =>
      report({ block: 'kubernetes', path: formatKeys(keys), problem, ...(value !== undefined && { value }) }),
    notice: (keys, text) => notices.push(`kubernetes.${formatKeys(keys)} ${text}`),
  };
}

/** Something of the pipeline with the keys that lead to it. */
export interface Placed<Part> {
  readonly part: Part;
  readonly keys: KeyPath;
}

/** The entries of a list, each with the keys that lead to it. */
export function placed<Part>(list: readonly Part[] | undefined, keys: KeyPath): Placed<Part>[] {
  return (list ?? []).map((part, index) => ({ part, keys: [...keys, index] }));
}

/**
 * Mounts of a container: of two at one path the first stays, and the workspace's own is there anyway. Refuses another volume in the
 * workspace's place.
 */
export function mountsOf(mounts: readonly Placed<VolumeMount>[], { origins, refuse }: Draft): VolumeMount[] {
  const byPath = new Map<string, VolumeMount>();
  for (const { part, keys } of mounts) {
    const path = typeof part.mountPath === 'string' && part.mountPath.length > 1 ? part.mountPath.replace(/\/+$/, '') : part.mountPath;
    if (path !== paths.workspace) {
      if (!byPath.has(path)) byPath.set(path, origins.object({ ...part }, 'kubernetes', keys));
    } else if (part.name !== volumeNames.workspace) {
      refuse([...keys, 'mountPath'], 'is the workspace that all containers of the job share: choose another path', part.mountPath);
    }
  }
  return [...byPath.values()];
}

/** Variables of a container; of several with one name the last counts, as in Kubernetes. */
export function envOf(env: readonly Placed<EnvVar>[], { origins }: Draft): EnvVar[] {
  return [...new Map(env.map(({ part, keys }) => [part.name, origins.object({ ...part }, 'kubernetes', keys)])).values()];
}

/** The fields of an object that go to `podPatch` as they are. */
export function patchFieldsOf(object: JsonObject, fates: Readonly<Record<string, { readonly fate: string }>>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => Object.hasOwn(fates, name) && fates[name]?.fate === 'podPatch'));
}

/** An object without what is undefined or an empty list. */
export function filled<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}
