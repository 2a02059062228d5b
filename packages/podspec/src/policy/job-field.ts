import type { BuildJobSpec } from '@buildkite-operator/crds';
import { type Composition, namedContainers } from '../compose.ts';
import { containerNames, paths } from '../names.ts';

/** A place in a container or, without one, in the pod. */
export interface PodPlace {
  readonly container?: string;
  /** Names of fields; a number is that of an entry in the pod and stands for any entry of the job's list. */
  readonly path: readonly (number | string)[];
  /** How many steps of the path a message shows; all when unset. */
  readonly shown?: number;
  /** What stands there; anything will do when unset. */
  readonly content?: unknown;
}

/**
 * The field of the job that says what stands at a place of its pod: the patch where it speaks of it, for it comes last; else the entry that
 * describes the container; else the setting of the same name.
 */
export function fieldInJob(spec: BuildJobSpec, composition: Composition, place: PodPlace): string {
  const { container } = place;
  const patch = spec.podPatch ?? {};
  const inMirrors = mirrorsField(spec, place);
  if (container === undefined)
    return fieldWithin(patch, 'spec.podPatch', place) ?? fieldWithin(spec, 'spec', place) ?? inMirrors ?? 'spec.podPatch';
  for (const list of ['containers', 'initContainers']) {
    const entries: unknown = patch[list];
    if (!Array.isArray(entries)) continue;
    for (const [index, entry] of entries.entries()) {
      if (partOf(entry, 'name') !== container) continue;
      const field = fieldWithin(entry, `spec.podPatch.${list}[${index}]`, place);
      if (field !== undefined) return field;
    }
  }
  const [own] = namedContainers(composition).find(({ name }) => name === container)?.sources ?? [];
  if (own === undefined) return inMirrors ?? 'spec.podPatch';
  return fieldWithin(own.template, own.field, place) ?? own.field;
}

/** The job's own volume with mirrors, where the place is that volume, or the checkout's mount of it. */
function mirrorsField(spec: BuildJobSpec, { container, path: [list, , ...rest], content }: PodPlace): string | undefined {
  const { volume, path = paths.gitMirrors } = spec.checkout?.gitMirrors ?? {};
  const field = 'spec.checkout.gitMirrors.volume';
  if (list === 'volumes') return fieldWithin(volume, field, { path: rest, shown: 0, content });
  const mounted = container === containerNames.checkout && list === 'volumeMounts' && content === path;
  return volume !== undefined && mounted ? field : undefined;
}

/** The field below `field` where the object has the content at the path. */
function fieldWithin(object: unknown, field: string, { path, shown = path.length, content }: PodPlace): string | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return object !== undefined && (content === undefined || object === content) ? field : undefined;
  const below = { path: rest, shown: Math.max(shown - 1, 0), content };
  const extended = (text: string) => (shown > 0 ? `${field}${text}` : field);
  if (typeof step === 'string') return fieldWithin(partOf(object, step), extended(keyed(step)), below);
  if (!Array.isArray(object)) return undefined;
  for (const [index, entry] of object.entries()) {
    const found = fieldWithin(entry, extended(`[${index}]`), below);
    if (found !== undefined) return found;
  }
  return undefined;
}

function keyed(name: string): string {
  return /^\w+$/.test(name) ? `.${name}` : `[${name}]`;
}

function partOf(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined;
}
