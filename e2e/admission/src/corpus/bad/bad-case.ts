import type { CorpusObject } from '../corpus-object.ts';

/** A fault that the refusal must name: the field, as Kubernetes writes it, and what must stand in the message about it. */
export type ExpectedFault = readonly [field: string, ...words: readonly string[]];

/** An object that must be refused. */
export interface BadCase {
  readonly title: string;
  readonly object: CorpusObject;
  readonly faults: readonly ExpectedFault[];
  /** Environments that exist beside it. */
  readonly given: readonly CorpusObject[];
}

/** A case without other objects. */
export function bad(title: string, object: CorpusObject, ...faults: readonly ExpectedFault[]): BadCase {
  return { title, object, faults, given: [] };
}

/** A case beside these environments. */
export function badBeside(
  given: readonly CorpusObject[],
  title: string,
  object: CorpusObject,
  ...faults: readonly ExpectedFault[]
): BadCase {
  return { title, object, faults, given };
}
