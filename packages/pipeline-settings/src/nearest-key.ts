/** The known key that a person most likely meant, or undefined where none is near. Case, `-` and `_` do not count. */
export function nearestKey(key: string, known: Iterable<string>): string | undefined {
  const wanted = plain(key);
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(wanted, plain(name));
    if (distance <= allowed && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { name, distance };
  }
  return best?.name;
}

/** What is wrong with a key that nothing knows, and the remedy. */
export function unknownKeyProblem(key: string, known: Iterable<string>): string {
  const names = [...known];
  const nearest = nearestKey(key, names);
  return `is no known key: ${nearest === undefined ? `remove it, or use one of ${names.toSorted().join(', ')}` : `did you mean ${nearest}?`}`;
}

/** What is wrong with the name of something that does not exist, and the remedy. */
export function unknownNameProblem(name: string, known: readonly string[], what: string): string {
  if (known.length === 0) return `is no ${what}: the platform has none, leave it out`;
  const nearest = nearestKey(name, known);
  return `is no ${what}: ${nearest === undefined ? '' : `did you mean ${nearest}? `}There are ${known.toSorted().join(', ')}`;
}

function plain(key: string): string {
  return key.slice(0, 100).toLowerCase().replaceAll(/[-_]/g, '');
}

/** How many letters must be put in, taken out, changed or swapped with their neighbour to get from one text to the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? 0;
}
