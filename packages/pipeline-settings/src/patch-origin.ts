import { isObject, type JsonObject } from '@buildkite-operator/crds/toolkit';
import { containerNames } from '@buildkite-operator/podspec';
import type { Origin } from './origins.ts';
import { type KeyPath, valueAt } from './schema-problems.ts';

/** A part of the pipeline that `podPatch` is made of. */
export interface PatchSource extends Origin {
  /** Laid out as a pod's spec. */
  readonly content: JsonObject;
}

/**
 * Where the pipeline says what stands at a place of `podPatch`: in the strongest of its sources, which come last, that has the place.
 * Entries of lists are found by their names, for the sources' lists are no longer as they were. Undefined where no source has it.
 */
export function patchOrigin(podPatch: unknown, path: KeyPath, sources: readonly PatchSource[]): Origin | undefined {
  const firstName = firstContainerOf(sources);
  for (const { block, keys, content } of sources.toReversed()) {
    const found = placeIn(content, podPatch, path, firstName);
    if (found !== undefined) return { block, keys: [...keys, ...found] };
  }
  return undefined;
}

/** What the pipeline calls the first container with a command. */
function firstContainerOf(sources: readonly PatchSource[]): string {
  for (const { content } of sources) {
    const name = valueAt(content, ['containers', 0, 'name']);
    if (typeof name === 'string' && name !== '') return name;
  }
  return containerNames.command;
}

function placeIn(content: JsonObject, podPatch: unknown, path: KeyPath, firstName: string): KeyPath | undefined {
  const found: (number | string)[] = [];
  let theirs: unknown = content;
  let ours: unknown = podPatch;
  for (const step of path) {
    ours = valueAt(ours, [step]);
    const place = Array.isArray(theirs) ? theirs.findIndex((entry, index) => isSame(entry, index, ours, step, firstName)) : step;
    theirs = valueAt(theirs, [place]);
    if (theirs === undefined) return undefined;
    found.push(place);
  }
  return found;
}

function isSame(theirs: unknown, index: number, ours: unknown, step: number | string, firstName: string): boolean {
  const name = isObject(ours) ? ours['name'] : undefined;
  if (typeof name !== 'string') return index === step;
  const own = isObject(theirs) ? theirs['name'] : undefined;
  // The first container has a name of the operator's; others without one are called by their place.
  return (
    own === name ||
    (name === containerNames.command
      ? own === firstName || (own === undefined && index === 0)
      : own === undefined && name === `container-${index}`)
  );
}
