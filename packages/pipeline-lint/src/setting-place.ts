import { interpolate } from './interpolation.ts';
import { type MatrixValues, withMatrix } from './matrix.ts';
import type { Place, YamlSource } from './yaml-source.ts';

/** Where a path as `kubernetes.podSpec[a/b].c` leads. */
export interface FoundPlace {
  /** Of the last key that is there. */
  readonly place: Place;
  /** What holds that key. */
  readonly parent: Place;
  /** The path as far as it leads somewhere. */
  readonly found: string;
}

/** Follows a path, written as problems write it, from a place down. `fill` gives the variables of the upload in keys a value. */
export function settingPlace(
  source: YamlSource,
  start: Place,
  path: string,
  values: MatrixValues,
  fill: (text: string) => string,
): FoundPlace {
  let at: FoundPlace = { place: start, parent: start, found: '' };
  for (;;) {
    const { place, found } = at;
    const child = source
      .children(place)
      .map(child => ({ place: child, segment: segmentOf(child.name, found === '', name => fill(interpolate(withMatrix(name, values)))) }))
      .filter(({ segment }) => segment !== '' && path.startsWith(found + segment) && endsThere(path, found.length + segment.length))
      .toSorted((a, b) => b.segment.length - a.segment.length)[0];
    if (child === undefined) return at;
    at = { place: child.place, parent: place, found: found + child.segment };
  }
}

function endsThere(path: string, end: number): boolean {
  return end === path.length || path[end] === '.' || path[end] === '[';
}

/** A key as problems write it: a plain word behind a dot, anything else in brackets. */
function segmentOf(name: number | string, isFirst: boolean, written: (name: string) => string): string {
  if (typeof name === 'number') return `[${name}]`;
  const text = written(name);
  return /^[A-Za-z_$][\w$-]*$/.test(text) ? `${isFirst ? '' : '.'}${text}` : `[${text}]`;
}
