import { isObject, type JsonObject } from './json-object.ts';
import { SchemaBuildError } from './schema-build-error.ts';

/** Where the pass stands: the document that references point into, the field, and the references on the way to it. */
export interface Position {
  readonly root: JsonObject;
  readonly path: string;
  readonly following: readonly string[];
}

/** A schema without references. `recursive` says that it contains itself, and so has no finite form. */
export interface Inlined {
  readonly node: JsonObject;
  readonly following: readonly string[];
  readonly recursive: boolean;
}

/** Replaces `$ref`, also those that zod wraps in `allOf`, by what they name; what stands beside a reference wins over it. */
export function inlineReferences(given: JsonObject, position: Position): Inlined {
  let { node, following }: { node: JsonObject; following: readonly string[] } = { node: given, following: position.following };
  for (;;) {
    const { reference, rest } = takeReference(node);
    if (reference === undefined) return { node, following, recursive: false };
    const target = follow(reference, position);
    node = { ...target, ...rest };
    if (following.includes(reference)) return { node, following, recursive: true };
    following = [...following, reference];
  }
}

function takeReference(node: JsonObject): { readonly reference?: string; readonly rest: JsonObject } {
  const { $ref, ...rest } = node;
  if (typeof $ref === 'string') return { reference: $ref, rest };
  const { allOf, ...withoutAllOf } = node;
  const [only, ...others] = Array.isArray(allOf) ? allOf : [];
  if (isObject(only) && typeof only['$ref'] === 'string' && others.length === 0) return { reference: only['$ref'], rest: withoutAllOf };
  return { rest: node };
}

function follow(reference: string, { root, path }: Position): JsonObject {
  let target: unknown = root;
  for (const part of reference.split('/').slice(1)) {
    target = isObject(target) ? target[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  if (!isObject(target)) throw new SchemaBuildError(path, `the reference ${reference} leads nowhere`);
  return target;
}
