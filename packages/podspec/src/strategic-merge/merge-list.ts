import { type ItemKey, orderItems, slotsAfterMerge } from './item-order.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';
import { mismatch, missingMergeKey, nullItem } from './merge-faults.ts';
import { directivePlace, itemPlace, joinField, type MergePlace } from './merge-place.ts';
import { patchAction } from './patch-directives.ts';
import { StrategicMergeError } from './strategic-merge-error.ts';

/** What a patch says about a list that merges. */
export interface ListPatch {
  readonly value: readonly JsonValue[] | undefined;
  readonly order: readonly JsonValue[] | undefined;
}

export interface KeyedMerge {
  /** The field that tells items apart. */
  readonly key: string;
  readonly place: MergePlace;
  readonly mergeObject: (original: JsonObject, patch: JsonObject, place: MergePlace) => JsonObject;
}

/** Merges a list of objects by key, and puts it in order. */
export function mergeKeyedList(current: readonly JsonValue[], patch: ListPatch, merge: KeyedMerge): JsonObject[] {
  const { key, place } = merge;
  const keyOf = (item: JsonValue) => keyIn(item, key, place);
  const before = keyedOriginal(current, merge);
  const { additions, deleted, replaces } = sortOut(patch.value ?? [], merge);
  const kept = before.filter(item => !deleted.has(keyOf(item)));
  const added = additions.map(addition => addition.itemKey);
  // Only items that meet a list which was there merge into one another.
  const apart = replaces || before.length === 0;
  const items = apart ? additions.map(({ item, place }) => merge.mergeObject({}, item, place)) : mergeItems(kept, additions, merge);
  const merged = before.length === 0 ? items : orderItems(items, { keyOf, wanted: added, before: kept.map(keyOf) });
  if (patch.order === undefined) return merged;
  const order = directivePlace(place, '$setElementOrder');
  const wanted = patch.order.map((item, index) => keyedItem(item, key, itemPlace(order, index)).itemKey);
  checkOrder(added, wanted, patch.order, place);
  const appended = apart ? [] : items.slice(kept.length).map(keyOf);
  return orderItems(merged, { keyOf, wanted, before: slotsAfterMerge(before.map(keyOf), deleted, appended) });
}

/** Merges a list of scalars as a set, and puts it in order. */
export function mergeSet(current: readonly JsonValue[], patch: ListPatch, place: MergePlace): JsonValue[] {
  const before = scalars(current, place);
  const added = scalars(patch.value ?? [], place);
  const keyOf = (item: ItemKey) => item;
  const merged = before.length === 0 ? added : orderItems([...new Set([...before, ...added])], { keyOf, wanted: added, before });
  if (patch.order === undefined) return merged;
  const wanted = scalars(patch.order, place);
  checkOrder(added, wanted, patch.order, place);
  return orderItems(merged, { keyOf, wanted, before });
}

/** `$deleteFromPrimitiveList`, which works on any list of scalars, merged or not. */
export function removeValues(current: readonly JsonValue[], removed: readonly JsonValue[], place: MergePlace): JsonValue[] {
  const values = scalars(current, place);
  const gone = new Set(scalars(removed, place));
  const [sample] = values;
  const odd = [...gone].find(value => sample !== undefined && typeof value !== typeof sample);
  if (odd !== undefined) throw mismatch(`a ${typeof sample}, as the list's items are`, odd, place);
  return values.filter(value => !gone.has(value));
}

interface Addition {
  readonly item: JsonObject;
  readonly itemKey: ItemKey;
  readonly place: MergePlace;
}

interface SortedOut {
  readonly additions: readonly Addition[];
  readonly deleted: ReadonlySet<ItemKey>;
  /** `- $patch: replace` was among the items. */
  readonly replaces: boolean;
}

/** Deletions hold for what was there before the patch, wherever they stand in it. */
function sortOut(patch: readonly JsonValue[], { key, place }: KeyedMerge): SortedOut {
  const additions: Addition[] = [];
  const deleted = new Set<ItemKey>();
  let replaces = false;
  for (const [index, value] of patch.entries()) {
    const at = itemPlace(place, index);
    const action = isJsonObject(value) ? patchAction(value['$patch'], at.at) : 'merge';
    if (action === 'replace') {
      checkMarker(value, at);
      replaces = true;
      continue;
    }
    const { item, itemKey } = keyedItem(value, key, at);
    if (action === 'delete') deleted.add(itemKey);
    else additions.push({ item, itemKey, place: at });
  }
  return { additions, deleted, replaces };
}

function keyedOriginal(current: readonly JsonValue[], { key, place }: KeyedMerge): JsonObject[] {
  const list = { ...place, at: `original ${place.at}` };
  return current.map((item, index) => keyedItem(item, key, itemPlace(list, index)).item);
}

function mergeItems(kept: readonly JsonObject[], additions: readonly Addition[], { key, mergeObject }: KeyedMerge): JsonObject[] {
  const items = [...kept];
  for (const { item, itemKey, place } of additions) {
    const index = items.findIndex(other => other[key] === itemKey);
    const found = items[index];
    if (found === undefined) items.push(mergeObject({}, item, place));
    else items[index] = mergeObject(found, item, place);
  }
  return items;
}

/** The server would forget whatever else stands in such an item. */
function checkMarker(value: JsonValue, { at }: MergePlace): void {
  if (isJsonObject(value) && Object.keys(value).length === 1) return;
  throw new StrategicMergeError('BadDirective', {
    field: joinField(at, '$patch'),
    value,
    problem: '"$patch: replace" in a list means the whole list and must stand alone in its item',
    remedy: 'move the other fields to an item of their own',
  });
}

function checkOrder(added: readonly ItemKey[], wanted: readonly ItemKey[], value: readonly JsonValue[], place: MergePlace): void {
  let next = 0;
  for (const key of wanted) if (key === added[next]) next += 1;
  const lost = added[next];
  if (lost === undefined) return;
  throw new StrategicMergeError('BadDirective', {
    field: place.at,
    value,
    problem: `$setElementOrder must name every item the patch sets, in the patch's order, but "${lost}" is missing or misplaced`,
    remedy: `put "${lost}" where it belongs`,
  });
}

function keyedItem(value: JsonValue, key: string, place: MergePlace): { item: JsonObject; itemKey: ItemKey } {
  if (value === null) throw nullItem(place);
  if (!isJsonObject(value)) throw mismatch('an object', value, place);
  return { item: value, itemKey: keyIn(value, key, place) };
}

function keyIn(item: JsonValue, key: string, place: MergePlace): ItemKey {
  const value = isJsonObject(item) && Object.hasOwn(item, key) ? item[key] : undefined;
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw missingMergeKey(key, item, place);
}

function scalars(list: readonly JsonValue[], place: MergePlace): ItemKey[] {
  return list.map((value, index) => {
    if (value === null) throw nullItem(itemPlace(place, index));
    if (typeof value === 'object') throw mismatch('a scalar', value, itemPlace(place, index));
    return value;
  });
}
