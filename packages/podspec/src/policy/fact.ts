import type { PodPlace } from './job-field.ts';
import type { Policy } from './policy.ts';

/** Something that a pod has and that a policy may forbid. */
export interface Fact {
  /** The part of the policy that allows it. */
  readonly setting: keyof Policy;
  /** The same for the same thing in the same container, wherever it stands. */
  readonly key: string;
  readonly place: PodPlace;
  /** What to show of it. */
  readonly value?: unknown;
  readonly problem: string;
}

/** The end of each problem. */
export const remedy = 'leave it out; else the platform must offer it in a BuildEnvironment, or allow it in its policy';
