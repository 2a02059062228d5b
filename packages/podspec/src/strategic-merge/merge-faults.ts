import { isJsonList, isJsonObject, type JsonValue } from './json-value.ts';
import { directivePlace, joinField, type MergePlace } from './merge-place.ts';
import { StrategicMergeError } from './strategic-merge-error.ts';

/** Which of the four things a value is; scalars of any kind are one, since ports and quantities may be numbers or strings. */
export function kindOf(value: JsonValue): 'a list' | 'an object' | 'a scalar' | 'null' {
  if (value === null) return 'null';
  if (isJsonList(value)) return 'a list';
  return isJsonObject(value) ? 'an object' : 'a scalar';
}

/** The patch has something else than the pod, or than Kubernetes knows here. */
export function mismatch(wanted: string, value: JsonValue, place: MergePlace): StrategicMergeError {
  return new StrategicMergeError('TypeMismatch', {
    field: place.at,
    value,
    problem: `must be ${wanted}`,
    remedy: 'change its form, or delete the field with null',
  });
}

/** A list's item is null, mostly a dash with nothing behind it. */
export function nullItem(place: MergePlace): StrategicMergeError {
  return new StrategicMergeError('NullItem', {
    field: place.at,
    value: null,
    problem: 'a list item must have a value',
    remedy: 'remove the item; to delete an item from a merged list use $patch: delete',
  });
}

/** `$setElementOrder` for a list that is replaced whole. */
export function misplacedOrder(value: JsonValue, place: MergePlace): StrategicMergeError {
  return wholeList(value, directivePlace(place, '$setElementOrder').at, 'leave it out and give the list in its order');
}

/** `$patch` in an item of a list that is replaced whole. */
export function misplacedPatch(item: JsonValue, place: MergePlace): StrategicMergeError {
  return wholeList(item, joinField(place.at, '$patch'), 'leave $patch out and give the whole list');
}

function wholeList(value: JsonValue, field: string, remedy: string): StrategicMergeError {
  return new StrategicMergeError('BadDirective', { field, value, problem: 'this list does not merge, a patch replaces it whole', remedy });
}

/** `$deleteFromPrimitiveList` for a list of objects. */
export function notPrimitive(value: JsonValue, key: string, place: MergePlace): StrategicMergeError {
  return new StrategicMergeError('BadDirective', {
    field: directivePlace(place, '$deleteFromPrimitiveList').at,
    value,
    problem: 'this list holds objects',
    remedy: `delete an item with {"$patch": "delete", "${key}": ...} in the list itself`,
  });
}

/** A list's item lacks the field that tells which item it is. */
export function missingMergeKey(key: string, value: JsonValue, place: MergePlace): StrategicMergeError {
  return new StrategicMergeError('MissingMergeKey', {
    field: joinField(place.at, key),
    value,
    problem: `items of this list are told apart by "${key}", a string or number`,
    remedy: `give the item a "${key}"`,
  });
}
