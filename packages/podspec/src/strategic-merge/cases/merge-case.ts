import type { JsonObject, JsonValue } from '../json-value.ts';
import type { StrategicMergeErrorCode } from '../strategic-merge-error.ts';

/** One rule of the merge by example. A pod without `containers` gets `app` alone. */
export interface MergeCase {
  readonly title: string;
  readonly original: JsonObject;
  readonly patch: JsonValue;
  readonly merged: JsonObject;
  /** What the API server does instead, for the few cases where we differ on purpose. */
  readonly server?: 'refuses' | { readonly at: readonly string[]; readonly has: JsonValue | undefined };
}

/** A patch that no merge can be made of. */
export interface RefusedCase {
  readonly title: string;
  readonly original: JsonObject;
  readonly patch: JsonValue;
  readonly code: StrategicMergeErrorCode;
  readonly field: string;
  /** Set where the API server takes the patch, and what is wrong about that. */
  readonly serverAccepts?: string;
}

/** A valid container. */
export function container(name: string, image = `${name}:1`): { readonly name: string; readonly image: string } {
  return { name, image };
}

/** Completes a case's pod, so that the API server takes it. */
export function casePod(fields: JsonObject): JsonObject {
  return 'containers' in fields ? fields : { containers: [container('app')], ...fields };
}
