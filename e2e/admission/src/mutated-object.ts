import * as fc from 'fast-check';

/** What may stand anywhere in JSON, and what may stand nowhere. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    0,
    -1,
    1e308,
    2 ** 53,
    0.1,
    true,
    [],
    {},
    [null],
    [[]],
    '\u0000',
    '..',
    '/',
    '$(A)',
    '{{',
    '-',
    '999999999999999999Gi',
  ),
  fc.string({ maxLength: 30 }),
  fc.integer(),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant('x'.repeat(10_000)),
  fc.constant(Array.from({ length: 200 }, () => ({ name: 'same', image: 'x' }))),
);

/** The object with up to three places of its spec replaced, removed or doubled. Names and kind stay, so that it reaches the webhooks. */
export function mutated<T extends object>(object: T): fc.Arbitrary<T> {
  const change = fc.record({ place: fc.nat(), deed: fc.constantFrom('replace', 'remove', 'double', 'add' as const), value: anything });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map(changes => {
    const copy = structuredClone(object);
    for (const { place, deed, value } of changes) {
      const places = placesIn(Reflect.get(copy, 'spec'));
      const chosen = places[place % Math.max(places.length, 1)];
      if (chosen !== undefined) apply(chosen, deed, structuredClone(value));
    }
    return copy;
  });
}

interface Place {
  readonly parent: object;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap(key => [{ parent: value, key }, ...placesIn(Reflect.get(value, key))]);
}

function apply({ parent, key }: Place, deed: 'replace' | 'remove' | 'double' | 'add', value: unknown): void {
  const now: unknown = Reflect.get(parent, key);
  if (deed === 'replace') Reflect.set(parent, key, value);
  else if (deed === 'add') Reflect.set(parent, Array.isArray(parent) ? parent.length : 'unexpected', value);
  else if (deed === 'double' && Array.isArray(parent)) parent.push(structuredClone(now));
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}
