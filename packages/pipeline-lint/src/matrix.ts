import { isObject } from '@buildkite-operator/crds/toolkit';

/** One job of a matrix: the value of each dimension. A matrix that is a list has one dimension, without a name. */
export type MatrixValues = ReadonlyMap<string, string>;

/** More combinations say nothing new about a step's settings. */
const mostCombinations = 200;

/** The combinations of a step's `matrix`, those that its adjustments add too; one without values where there is no matrix. */
export function matrixCombinations(matrix: unknown): readonly MatrixValues[] {
  const { setup, adjustments } = isObject(matrix) ? matrix : { setup: matrix, adjustments: undefined };
  const dimensions = Object.entries(isObject(setup) ? setup : { '': setup }).map(([name, values]) => [name, texts(values)] as const);
  let combinations: ReadonlyMap<string, string>[] = [new Map()];
  for (const [name, values] of dimensions) {
    if (values.length === 0) continue;
    combinations = combinations.flatMap(row => values.map(value => new Map([...row, [name, value]]))).slice(0, mostCombinations);
  }
  const added = (Array.isArray(adjustments) ? adjustments : []).flatMap(adjustment => {
    if (!isObject(adjustment) || adjustment['skip'] === true) return [];
    const { with: values } = adjustment;
    return [new Map(Object.entries(isObject(values) ? values : { '': values }).map(([name, value]) => [name, String(value)]))];
  });
  return [...combinations, ...added];
}

/** A text with the values of a combination for `{{matrix}}` and `{{matrix.name}}`. */
export function withMatrix(text: string, values: MatrixValues): string {
  return text.replaceAll(/\{\{\s*matrix(?:\.([\w.-]+))?\s*\}\}/g, (token, name: string | undefined) => values.get(name ?? '') ?? token);
}

function texts(values: unknown): readonly string[] {
  return Array.isArray(values) ? values.map(String) : [];
}
