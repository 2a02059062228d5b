import type { Position } from './yaml-source.ts';

export type Severity = 'error' | 'warning';

/** Something about a pipeline that a person should know before it is uploaded. */
export interface Finding extends Position {
  /** An error fails the job; a warning does not, but something will not happen that was meant. */
  readonly severity: Severity;
  /** The step's label, else its key, else its place as in `steps[2]`; absent where it is about the file. */
  readonly step?: string;
  /** The block and the key in it, as in `kubernetes.podSpec.containers[0].name`; empty where it is about the file. */
  readonly field: string;
  /** What stands there; absent where nothing does, or where it would not help. */
  readonly value?: unknown;
  /** What is wrong with it, and what would be right. */
  readonly problem: string;
}

/** Errors and warnings in the order of the file. */
export function inFileOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => a.line - b.line || a.column - b.column || a.severity.localeCompare(b.severity));
}
