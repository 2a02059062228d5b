import { isJsonList, isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';
import { kindOf, mismatch, misplacedOrder, misplacedPatch, notPrimitive, nullItem } from './merge-faults.ts';
import type { MergeNode } from './merge-keys.ts';
import { mergeKeyedList, mergeSet, removeValues } from './merge-list.ts';
import { fieldPlace, itemPlace, type MergePlace } from './merge-place.ts';
import type { MergeRule } from './merge-rule.ts';
import { type FieldChange, readDirectives } from './patch-directives.ts';

export interface StrategicMergeOptions {
  /** What is merged. Default `PodSpec`. */
  readonly node?: MergeNode;
  /** Where the patch stands, as messages shall name it, e.g. `spec.podPatch`. Default: nothing. */
  readonly at?: string;
}

/**
 * Kubernetes' strategic merge patch: what the API server answers to a PATCH of type `application/strategic-merge-patch+json`,
 * as a pure function. Objects merge field by field, lists by the generated merge keys or else whole; null deletes; `$patch`,
 * `$retainKeys`, `$setElementOrder/<list>` and `$deleteFromPrimitiveList/<list>` do what they do there.
 *
 * One rule of our own: what the patch adds is merged into nothing, so it is free of nulls and directives. The server takes
 * additions literally: it refuses some directives there, drops an object with `$patch: replace`, and reads null as a zero value.
 * Fields are not checked against the types of Kubernetes: the server does that when it gets the result.
 *
 * Neither argument is changed; the result shares with `original` what the patch does not touch. Throws `StrategicMergeError`.
 */
export function strategicMerge(original: JsonObject, patch: JsonValue, options: StrategicMergeOptions = {}): JsonObject {
  const place: MergePlace = { at: options.at ?? '', node: options.node ?? 'PodSpec', depth: 0 };
  if (!isJsonObject(patch)) throw mismatch('an object', patch, place);
  return mergeObject(original, patch, place);
}

function mergeObject(original: JsonObject, patch: JsonObject, place: MergePlace): JsonObject {
  const { action, retained, changes } = readDirectives(patch, place.at);
  if (action === 'delete') return {};
  const fields = Object.entries(action === 'replace' ? {} : original);
  const merged = new Map(fields.filter(([name]) => retained?.has(name) ?? true));
  for (const [name, change] of changes) {
    const field = fieldPlace(place, name);
    const value = mergeField(merged.get(name) ?? undefined, change, field.place, field.rule);
    if (value === undefined) merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

function mergeField(current: JsonValue | undefined, change: FieldChange, place: MergePlace, rule: MergeRule): JsonValue | undefined {
  const { value } = change;
  if (value === null) return undefined;
  if (isListChange(change, rule)) return mergeList(current, change, place, rule);
  if (value === undefined) return current;
  if (current !== undefined && kindOf(current) !== kindOf(value)) throw mismatch(kindOf(current), value, place);
  if (!isJsonObject(value)) return value;
  if (isJsonObject(current)) return mergeObject(current, value, place);
  return value['$patch'] === 'delete' ? undefined : mergeObject({}, value, place);
}

function isListChange({ value, removed, order }: FieldChange, { key, set }: MergeRule): boolean {
  return isJsonList(value) || [key, set, removed, order].some(sign => sign !== undefined);
}

function mergeList(current: JsonValue | undefined, change: FieldChange, place: MergePlace, rule: MergeRule): JsonValue | undefined {
  const { removed, order } = change;
  if (removed !== undefined && rule.key !== undefined) throw notPrimitive(removed, rule.key, place);
  const value = listOrNothing(change.value, place, change.value);
  const before = listOrNothing(current, place, value ?? removed ?? order);
  if (before === undefined && value === undefined) return undefined;
  const kept = removed === undefined ? (before ?? []) : removeValues(before ?? [], removed, place);
  if (rule.key !== undefined) return mergeKeyedList(kept, { value, order }, { key: rule.key, place, mergeObject });
  if (rule.set === true) return mergeSet(kept, { value, order }, place);
  if (order !== undefined) throw misplacedOrder(order, place);
  return value === undefined ? kept : value.map((item, index) => newItem(item, itemPlace(place, index)));
}

/** Both the pod's and the patch's value must be lists; it is the patch's that is reported, whichever is not. */
function listOrNothing(value: JsonValue | undefined, place: MergePlace, reported: JsonValue | undefined): readonly JsonValue[] | undefined {
  if (value === undefined || isJsonList(value)) return value;
  throw reported === value ? mismatch('a list', value, place) : mismatch(kindOf(value), reported ?? null, place);
}

/** An item of a list that is replaced whole. */
function newItem(item: JsonValue, place: MergePlace): JsonValue {
  if (item === null) throw nullItem(place);
  // Kubernetes has no lists of lists.
  if (isJsonList(item)) throw mismatch('an object or a scalar', item, place);
  if (!isJsonObject(item)) return item;
  if ('$patch' in item) throw misplacedPatch(item, place);
  return mergeObject({}, item, place);
}
