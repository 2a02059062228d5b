import { additionCases } from './addition-cases.ts';
import { keyedListCases } from './keyed-list-cases.ts';
import type { MergeCase } from './merge-case.ts';
import { objectCases } from './object-cases.ts';
import { wholeListCases } from './whole-list-cases.ts';

export { casePod, container } from './merge-case.ts';
export { refusedCases } from './refused-cases.ts';

/** Every rule by example. */
export const mergeCases: readonly MergeCase[] = [...objectCases, ...keyedListCases, ...wholeListCases, ...additionCases];
