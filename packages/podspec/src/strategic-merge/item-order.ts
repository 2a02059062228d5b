/** What an item of a merged list is known by. */
export type ItemKey = string | number | boolean;

export interface ItemOrder<Item> {
  readonly keyOf: (item: Item) => ItemKey;
  /** The order the patch asks for. */
  readonly wanted: readonly ItemKey[];
  /** The order before the patch. */
  readonly before: readonly ItemKey[];
}

/**
 * The order the API server gives a merged list: what the patch names stands in the patch's order; each item it does not name
 * goes before the first named one that it preceded before. So a new item stands before untouched ones, unless one that
 * was there and is named comes between them. Items of one key, as the ports of one number are, come together.
 */
export function orderItems<Item>(items: readonly Item[], { keyOf, wanted, before }: ItemOrder<Item>): Item[] {
  const rank = firstPlaces(wanted);
  const place = firstPlaces(before);
  const rankOf = (item: Item) => rank.get(keyOf(item));
  const placeOf = (item: Item) => place.get(keyOf(item)) ?? -1;
  const named = items.filter(item => rankOf(item) !== undefined).sort((a, b) => (rankOf(a) ?? 0) - (rankOf(b) ?? 0));
  const untouched = items.filter(item => rankOf(item) === undefined).sort((a, b) => placeOf(a) - placeOf(b));
  const ordered: Item[] = [];
  let taken = 0;
  for (const next of named) {
    for (let item = untouched[taken]; item !== undefined && placeOf(item) < placeOf(next); item = untouched[taken]) {
      ordered.push(item);
      taken += 1;
    }
    ordered.push(next);
  }
  return [...ordered, ...untouched.slice(taken)];
}

/**
 * The order before the patch as `$setElementOrder` finds it. The server deletes from its list in place: what follows moves up,
 * and the slots freed at the end hold what they held, until items that the patch adds take them. It looks at all the slots.
 */
export function slotsAfterMerge(before: readonly ItemKey[], deleted: Iterable<ItemKey>, added: readonly ItemKey[]): ItemKey[] {
  const slots = [...before];
  let used = slots.length;
  for (const key of deleted) {
    for (let index = slots.indexOf(key); index >= 0 && index < used; index = slots.indexOf(key)) {
      slots.copyWithin(index, index + 1, used);
      used -= 1;
    }
  }
  const taken = added.slice(0, slots.length - used);
  return [...slots.slice(0, used), ...taken, ...slots.slice(used + taken.length)];
}

function firstPlaces(keys: readonly ItemKey[]): Map<ItemKey, number> {
  const places = new Map<ItemKey, number>();
  for (const [index, key] of keys.entries()) if (!places.has(key)) places.set(key, index);
  return places;
}
