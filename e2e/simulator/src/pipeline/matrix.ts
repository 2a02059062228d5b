import type { MatrixPermutation } from './definition.ts';
import { PipelineError } from './pipeline-error.ts';
import type { RawMatrix, RawSoftFail } from './step-schema.ts';

/** A combination with what its adjustment says. */
export interface MatrixCombination {
  readonly permutation: MatrixPermutation;
  readonly skip: boolean;
  readonly softFail?: RawSoftFail | undefined;
}

/** All combinations of a matrix, adjusted: an adjustment changes a combination of the setup, or adds one. */
export function expandMatrix(matrix: RawMatrix, path: string): MatrixCombination[] {
  const dimensions = Object.entries(matrix.setup);
  if (dimensions.length === 0) throw new PipelineError(`${path}.setup`, 'names no dimension; give it a list of values, or a map of lists');
  const combinations: MatrixCombination[] = product(dimensions).map(permutation => ({ permutation, skip: false }));
  for (const [index, adjustment] of matrix.adjustments.entries()) {
    const permutation = typeof adjustment.with === 'string' ? { '': adjustment.with } : adjustment.with;
    checkDimensions(permutation, dimensions, `${path}.adjustments[${index}].with`);
    const adjusted = { permutation, skip: adjustment.skip !== undefined && adjustment.skip !== false, softFail: adjustment.soft_fail };
    const at = combinations.findIndex(known => samePermutation(known.permutation, permutation));
    if (at === -1) combinations.push(adjusted);
    else combinations[at] = adjusted;
  }
  return combinations;
}

/** Puts the values of a combination for `{{matrix}}` and `{{matrix.name}}` in every string below `value`. */
export function interpolateMatrix<T>(value: T, permutation: MatrixPermutation): T {
  return replaceDeep(value, permutation) as T;
}

function replaceDeep(value: unknown, permutation: MatrixPermutation): unknown {
  if (typeof value === 'string') return replaceTokens(value, permutation);
  if (Array.isArray(value)) return value.map(item => replaceDeep(item, permutation));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [replaceTokens(key, permutation), replaceDeep(item, permutation)]));
}

function replaceTokens(text: string, permutation: MatrixPermutation): string {
  return text.replaceAll(/\{\{\s*matrix(?:\.([\w-]+))?\s*\}\}/g, (token, name: string | undefined) => permutation[name ?? ''] ?? token);
}

function product(dimensions: readonly (readonly [string, readonly string[]])[]): MatrixPermutation[] {
  let rows: MatrixPermutation[] = [{}];
  for (const [name, values] of dimensions) rows = rows.flatMap(row => values.map(value => ({ ...row, [name]: value })));
  return rows;
}

function samePermutation(left: MatrixPermutation, right: MatrixPermutation): boolean {
  return Object.keys(left).every(name => left[name] === right[name]);
}

function checkDimensions(permutation: MatrixPermutation, dimensions: readonly (readonly [string, unknown])[], path: string): void {
  const known = dimensions.map(([name]) => name);
  const given = Object.keys(permutation);
  if (known.length === given.length && known.every(name => given.includes(name))) return;
  throw new PipelineError(path, `must name exactly the dimensions of the setup (${known.join(', ')}), found ${given.join(', ')}`);
}
