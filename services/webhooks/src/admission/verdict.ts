/** One thing for which an object is refused. */
export interface Fault {
  /** As Kubernetes writes it: `spec.env[2].name`. */
  readonly field: string;
  /** What is wrong, and what would be right. */
  readonly problem: string;
  /** What was found; absent where nothing was, or where the problem has it already. */
  readonly value?: unknown;
}

/** What becomes of an object: refused for every fault, or taken, perhaps with warnings to whoever sent it. */
export interface Verdict {
  readonly faults: readonly Fault[];
  readonly warnings: readonly string[];
  /** Default `Invalid`; `Conflict` where the object is right and others stand in its way. */
  readonly reason?: 'Invalid' | 'Conflict';
}

export const allowed: Verdict = { faults: [], warnings: [] };

export function refused(...faults: Fault[]): Verdict {
  return { faults, warnings: [] };
}

export function allowedWithWarning(...warnings: string[]): Verdict {
  return { faults: [], warnings };
}
