import * as fc from 'fast-check';
import { isJsonList, isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts';
import { fieldPlace, type MergePlace } from '../merge-place.ts';
import { randomPod } from './random-pod.ts';

/** A pod, and a patch that uses every directive on what is in it. */
export interface RandomMerge {
  readonly original: JsonObject;
  readonly patch: JsonObject;
}

/**
 * The patch takes a second pod's values for some fields and items of the first, in some order, and deletes, replaces, retains
 * and reorders others. Directives stand only where the first pod has something, as a client that knows it would write them. Some
 * patches are wrong on purpose.
 */
export const randomMerge: fc.Arbitrary<RandomMerge> = fc.tuple(randomPod, randomPod, fc.gen()).map(([original, other, draw]) => ({
  original,
  patch: new PatchWriter(draw).object(original, other, { at: '', node: 'PodSpec', depth: 0 }),
}));

class PatchWriter {
  readonly #draw: fc.GeneratorValue;

  constructor(draw: fc.GeneratorValue) {
    this.#draw = draw;
  }

  object(original: JsonObject, other: JsonObject, place: MergePlace): JsonObject {
    const fate = place.depth === 0 ? 'merge' : this.#oneOf(...many('merge', 14), 'replace', 'delete', 'bad');
    if (fate === 'replace') return { $patch: 'replace', ...other };
    if (fate === 'delete') return { $patch: 'delete' };
    if (fate === 'bad' && this.#chance(4)) return { $patch: 'merge' };
    const patch: Record<string, JsonValue> = {};
    for (const [name, value] of Object.entries(other))
      if (this.#chance(2)) Object.assign(patch, this.#field(name, original[name], value, place));
    for (const name of Object.keys(original)) if (!(name in other) && this.#chance(2)) patch[name] = null;
    if (place.depth > 0 && this.#chance(10)) patch['$retainKeys'] = this.#retained(original, patch);
    return patch;
  }

  #retained(original: JsonObject, patch: JsonObject): JsonValue[] {
    const set = Object.keys(patch).filter(name => !name.startsWith('$') && patch[name] !== null);
    const kept = Object.keys(original).filter(name => name === 'name' || this.#chance(2));
    return this.#chance(8) ? kept : [...new Set([...set, ...kept])];
  }

  #field(name: string, original: JsonValue | undefined, other: JsonValue, parent: MergePlace): JsonObject {
    const { place, rule } = fieldPlace(parent, name);
    if (isJsonObject(original) && isJsonObject(other)) return { [name]: this.object(original, other, place) };
    if (!isJsonList(original) || !isJsonList(other)) return { [name]: other };
    if (rule.key !== undefined) return this.#keyedList(name, rule.key, original.filter(isJsonObject), other.filter(isJsonObject), place);
    const scalars = original.every(item => typeof item !== 'object');
    if (!scalars || this.#chance(2)) return { [name]: other };
    return { [`$deleteFromPrimitiveList/${name}`]: this.#some(original) };
  }

  #keyedList(name: string, key: string, original: readonly JsonObject[], other: readonly JsonObject[], list: MergePlace): JsonObject {
    const replaces = this.#chance(12);
    const gone = original.filter(() => this.#chance(6));
    const left = replaces ? [] : original.filter(item => !gone.some(other => other[key] === item[key]));
    const set = this.#some(other).map(item => this.#item(item, key, left, list));
    const deleted = gone.map(item => ({ [key]: item[key] ?? null, $patch: 'delete' }));
    const marker = replaces ? [{ $patch: 'replace' }] : [];
    if (!this.#chance(3)) return { [name]: this.#shuffled([...set, ...deleted, ...marker]) };
    const keys = [...original, ...set].map(item => item[key] ?? null);
    const order = this.#shuffled([...new Set(keys)]);
    const sorted = this.#chance(8) ? set : set.toSorted((a, b) => order.indexOf(a[key] ?? null) - order.indexOf(b[key] ?? null));
    const named = order.filter(value => !this.#chance(3) || set.some(item => item[key] === value));
    return { [name]: [...marker, ...deleted, ...sorted], [`$setElementOrder/${name}`]: named.map(value => ({ [key]: value })) };
  }

  #item(item: JsonObject, key: string, original: readonly JsonObject[], list: MergePlace): JsonObject {
    const old = original.find(candidate => candidate[key] === item[key]);
    if (old === undefined) return item;
    const { $patch, ...patch } = this.object(old, item, { ...list, depth: list.depth + 1 });
    const retained = patch['$retainKeys'];
    const named = isJsonList(retained) && !retained.includes(key) ? { $retainKeys: [...retained, key] } : {};
    return { ...($patch === undefined ? patch : {}), ...named, [key]: item[key] ?? null };
  }

  #chance(oneIn: number): boolean {
    return this.#draw(fc.nat, oneIn - 1) === 0;
  }

  #oneOf<Value>(...values: readonly [Value, ...Value[]]): Value {
    return values[this.#draw(fc.nat, values.length - 1)] ?? values[0];
  }

  #some<Value>(values: readonly Value[]): Value[] {
    return this.#draw(fc.shuffledSubarray<Value>, [...values]);
  }

  #shuffled<Value>(values: readonly Value[]): Value[] {
    return this.#draw(fc.shuffledSubarray<Value>, [...values], { minLength: values.length });
  }
}

function many<Value>(value: Value, count: number): [Value, ...Value[]] {
  return [value, ...Array.from({ length: count - 1 }, () => value)];
}
