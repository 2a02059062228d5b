import { OperatorError } from '@buildkite-operator/service';
import { isJsonList, type JsonValue } from './json-value.ts';

/**
 * Why a patch cannot be merged: `TypeMismatch` (a list where the pod has an object, and the like), `MissingMergeKey` (an
 * item of a list merged by key has none), `BadDirective` (a `$...` key that is unknown, malformed or in the wrong place),
 * `NullItem` (an empty list item), `TooDeep` (nested beyond anything a pod has).
 */
export type StrategicMergeErrorCode = 'TypeMismatch' | 'MissingMergeKey' | 'BadDirective' | 'NullItem' | 'TooDeep';

export interface StrategicMergeFault {
  /** The place in the patch, e.g. `containers[0].env[2].name`; below `at`, if the caller gave one. */
  readonly field: string;
  readonly value: JsonValue;
  readonly problem: string;
  readonly remedy: string;
}

const shownLength = 80;
const shownDepth = 4;

/** A patch that cannot be merged; nothing of it was. The message names the field, its value and the remedy. */
export class StrategicMergeError extends OperatorError<StrategicMergeErrorCode> {
  override readonly name = 'StrategicMergeError';
  readonly field: string;
  readonly value: JsonValue;
  /** The message without the field: what is wrong with which value, and the remedy. */
  readonly problem: string;

  constructor(code: StrategicMergeErrorCode, fault: StrategicMergeFault) {
    const field = fault.field === '' ? '(root)' : fault.field;
    const problem = `${fault.problem}, got ${shown(fault.value)}: ${fault.remedy}`;
    super(code, `${field}: ${problem}`, { details: { field: fault.field } });
    this.field = fault.field;
    this.value = fault.value;
    this.problem = problem;
  }
}

function shown(value: JsonValue): string {
  const text = JSON.stringify(cut(value, shownDepth));
  return text.length > shownLength ? `${text.slice(0, shownLength)}...` : text;
}

/** A hostile patch may be nested too deep to print. */
function cut(value: JsonValue, depth: number): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '...';
  if (isJsonList(value)) return value.map(item => cut(item, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, cut(part, depth - 1)]));
}
