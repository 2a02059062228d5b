import { isJsonList, type JsonObject, type JsonValue } from './json-value.ts';
import { joinField } from './merge-place.ts';
import { StrategicMergeError } from './strategic-merge-error.ts';

/** What a patch says about one field. */
export interface FieldChange {
  /** The field's own value in the patch; null deletes. */
  value?: JsonValue;
  /** `$deleteFromPrimitiveList/<field>`. */
  removed?: readonly JsonValue[];
  /** `$setElementOrder/<field>`. */
  order?: readonly JsonValue[];
}

/** One object of a patch, its directives told apart from its fields. */
export interface PatchDirectives {
  /** `$patch`, or `merge` where there is none. */
  readonly action: 'merge' | 'replace' | 'delete';
  /** `$retainKeys`: the only fields that may be left. */
  readonly retained: ReadonlySet<string> | undefined;
  readonly changes: ReadonlyMap<string, FieldChange>;
}

const listDirectives = { $deleteFromPrimitiveList: 'removed', $setElementOrder: 'order' } as const;

/** Reads one object of a patch at the field path `at`. Throws `BadDirective` for any `$...` key the server would not act on. */
export function readDirectives(patch: JsonObject, at: string): PatchDirectives {
  const changes = new Map<string, FieldChange>();
  for (const [name, value] of Object.entries(patch)) {
    if (name === '$patch' || name === '$retainKeys') continue;
    const [field, part] = splitName(name, at, value);
    const change = changes.get(field) ?? {};
    if (part === 'value') change.value = value;
    else change[part] = directiveList(value, joinField(at, name));
    changes.set(field, change);
  }
  return { action: patchAction(patch['$patch'], at), retained: retainedKeys(patch, at), changes };
}

function splitName(name: string, at: string, value: JsonValue): [field: string, part: keyof FieldChange] {
  if (!name.startsWith('$')) return [name, 'value'];
  const [directive = '', field = ''] = name.split(/\/(.*)/s, 2);
  if (!Object.hasOwn(listDirectives, directive) || field === '') {
    throw new StrategicMergeError('BadDirective', {
      field: joinField(at, name),
      value,
      problem: 'unknown directive',
      remedy: 'use $patch, $retainKeys, $deleteFromPrimitiveList/<field> or $setElementOrder/<field>',
    });
  }
  return [field, listDirectives[directive as keyof typeof listDirectives]];
}

/** The `$patch` of an object; throws `BadDirective` unless it is one the server knows. */
export function patchAction(value: JsonValue | undefined, at: string): PatchDirectives['action'] {
  if (value === undefined) return 'merge';
  if (value === 'replace' || value === 'delete') return value;
  throw new StrategicMergeError('BadDirective', {
    field: joinField(at, '$patch'),
    value,
    problem: 'must be "replace" or "delete"',
    remedy: value === 'merge' ? 'leave it out, merging is what happens anyway' : 'use one of these',
  });
}

function retainedKeys(patch: JsonObject, at: string): ReadonlySet<string> | undefined {
  const value = patch['$retainKeys'];
  if (value === undefined) return undefined;
  const field = joinField(at, '$retainKeys');
  const names = directiveList(value, field).filter(name => typeof name === 'string');
  const retained = new Set(names);
  const lost = Object.keys(patch).find(name => !name.startsWith('$') && patch[name] !== null && !retained.has(name));
  if (lost === undefined) return retained;
  const problem = `must name every field the patch sets here, but "${lost}" is missing`;
  throw new StrategicMergeError('BadDirective', { field, value, problem, remedy: `add "${lost}" to it` });
}

function directiveList(value: JsonValue, at: string): readonly JsonValue[] {
  if (isJsonList(value)) return value;
  throw new StrategicMergeError('BadDirective', { field: at, value, problem: 'must be a list', remedy: 'write it as one' });
}
