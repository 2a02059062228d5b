import type { Admission } from './admission.ts';
import type { BadCase, ExpectedFault } from './corpus/bad/index.ts';
import type { CorpusObject } from './corpus/corpus-object.ts';
import { type Refusal, refusalOf } from './refusal.ts';

/** What the answer to an object that must be refused lacks; empty where it is as it should be. An object that is taken is removed. */
export async function shortcomingsFor(admission: Admission, { object, faults }: Pick<BadCase, 'object' | 'faults'>): Promise<string[]> {
  const refusal = await refusalOf(() => admission.create(object));
  if (refusal === undefined) await admission.remove(object);
  return shortcomingsOf(refusal, faults);
}

/** What a refusal lacks that must be the author's fault (4xx) and name each of these fields with these words. */
export function shortcomingsOf(refusal: Refusal | undefined, faults: readonly ExpectedFault[]): string[] {
  if (refusal === undefined) return ['it was taken'];
  const blamed = refusal.status >= 400 && refusal.status < 500 ? [] : [`the answer is ${refusal.status}`];
  const unnamed = faults
    .filter(([field, ...words]) => !isNamed(refusal, field, words))
    .map(fault => `it does not name ${fault.join(' … ')}`);
  const lacks = [...blamed, ...unnamed];
  return lacks.length === 0
    ? []
    : [...lacks, `the answer: ${refusal.message}`, ...refusal.faults.map(({ field, message }) => `${field}: ${message}`)];
}

function isNamed({ faults }: Refusal, field: string, words: readonly string[]): boolean {
  return faults.some(fault => fault.field === field && words.every(word => fault.message.includes(word)));
}

/** Each object once, in the order of first mention. Throws where two different ones have the same name. */
export function distinct(objects: readonly CorpusObject[]): CorpusObject[] {
  const byName = new Map<string, CorpusObject>();
  for (const object of objects) {
    const earlier = byName.get(object.metadata.name);
    if (earlier !== undefined && JSON.stringify(earlier) !== JSON.stringify(object))
      throw new Error(`two different objects of the corpus are called ${object.metadata.name}`);
    byName.set(object.metadata.name, object);
  }
  return [...byName.values()];
}
