import { isDeepStrictEqual } from 'node:util';

/** An operation of a JSON patch (RFC 6902), as far as changes need them. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** The JSON patch that makes `after` of `before`. Lists may have got entries at their end; one changed otherwise is replaced. */
export function jsonPatch(before: unknown, after: unknown, path = ''): JsonPatchOperation[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && after.length >= before.length) {
    return [
      ...before.flatMap((entry, index) => jsonPatch(entry, after[index], `${path}/${index}`)),
      ...after.slice(before.length).map(value => ({ op: 'add', path: `${path}/-`, value }) as const),
    ];
  }
  if (!isRecord(before) || !isRecord(after)) return [{ op: 'replace', path, value: after }];
  return [
    ...Object.keys(before)
      .filter(name => after[name] === undefined)
      .map(name => ({ op: 'remove', path: `${path}/${escape(name)}` }) as const),
    ...Object.entries(after)
      .filter(([, value]) => value !== undefined)
      .flatMap(([name, value]): JsonPatchOperation[] =>
        Object.hasOwn(before, name)
          ? jsonPatch(before[name], value, `${path}/${escape(name)}`)
          : [{ op: 'add', path: `${path}/${escape(name)}`, value }],
      ),
  ];
}

/** RFC 6901. */
function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
