import { isKubeError, type KubeError } from '@buildkite-operator/kube';

/** What a BuildJob that could not be created means for its job. */
export type CreateRefusal =
  /** It is there already. */
  | { readonly kind: 'exists' }
  /** It would be refused again: the words for the job's page. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It may succeed later: the words for the job's page while it waits. */
  | { readonly kind: 'passing'; readonly message: string };

const always: ReadonlySet<KubeError['code']> = new Set(['Invalid', 'BadRequest', 'RequestEntityTooLarge']);

/** Where the pipeline says what a field of the BuildJob holds; undefined where that cannot be told. */
export type PlaceOf = (field: string) => string | undefined;

/** Reads a failure of the API server, and names fields as the pipeline has them where it can. Undefined for what is none. */
export function createRefusal(error: unknown, placeOf: PlaceOf = () => undefined): CreateRefusal | undefined {
  if (!isKubeError(error)) return undefined;
  if (error.code === 'AlreadyExists') return { kind: 'exists' };
  const isRule = always.has(error.code) || (error.code === 'Forbidden' && isAdmission(error.message));
  if (!isRule) return { kind: 'passing', message: `the cluster cannot take the job at the moment; it is tried again: ${error.message}` };
  return {
    kind: 'refused',
    message: `The cluster refuses this job, so it was not started.\n\n${wordsOf(error, placeOf)}\n\nChange the step and run it again.`,
  };
}

/**
 * Forbidden is also said of a right that the operator lacks and of a quota that is full, which the platform mends or time. There is no other
 * sign than the words (k8s.io/apiserver, pkg/admission/plugin/webhook/errors and plugin/policy/validating).
 */
function isAdmission(message: string): boolean {
  return /admission webhook "[^"]*" denied the request|ValidatingAdmissionPolicy/.test(message);
}

/** Field by field where the server tells them, else its message. */
function wordsOf({ causes, message }: KubeError, placeOf: PlaceOf): string {
  const lines = causes.filter(({ field }) => field !== '').map(cause => `${placeOf(cause.field) ?? cause.field}: ${cause.message}`);
  return lines.length === 0 ? message : [...new Set(lines)].join('\n');
}
