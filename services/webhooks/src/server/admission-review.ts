import { describeIssues, OperatorError } from '@buildkite-operator/service';
import { z } from 'zod';

const groupKind = z.object({ group: z.string().default(''), version: z.string().min(1), kind: z.string().min(1) });
const groupResource = z.object({ group: z.string().default(''), version: z.string().min(1), resource: z.string().min(1) });
const object = z.record(z.string(), z.unknown()).nullish();

/** `AdmissionReview` of admission.k8s.io/v1, as the API server asks it: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/ */
const reviewSchema = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: z.object({
    uid: z.string().min(1).max(256),
    kind: groupKind,
    resource: groupResource,
    subResource: z.string().optional(),
    name: z.string().optional(),
    namespace: z.string().optional(),
    operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
    object,
    oldObject: object,
    dryRun: z.boolean().nullish(),
  }),
});

export type AdmissionRequest = z.output<typeof reviewSchema>['request'];

/** A body that is no AdmissionReview. */
export class ReviewError extends OperatorError<'NotAReview'> {
  override readonly name = 'ReviewError';

  constructor(problem: string) {
    super('NotAReview', problem);
  }
}

/** How deep the JSON of a review may be nested: more than any real object needs, less than exhausts the stack. */
const deepest = 500;

/** Reads the body of a call. Throws `ReviewError`. */
export function parseReview(body: unknown): AdmissionRequest {
  if (!Buffer.isBuffer(body) || body.length === 0) throw new ReviewError('the body is empty; an AdmissionReview in JSON is expected');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new ReviewError(`the body is not JSON in UTF-8: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (isDeeperThan(value, deepest)) throw new ReviewError(`the body is nested more than ${deepest} levels deep`);
  const parsed = reviewSchema.safeParse(value);
  if (!parsed.success)
    throw new ReviewError(`the body is not an AdmissionReview of admission.k8s.io/v1:\n${describeIssues(parsed.error, value)}`);
  return parsed.data.request;
}

/** Level by level, so that no depth exhausts the stack here. */
function isDeeperThan(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= most; depth += 1) {
    level = level.flatMap(entry => (typeof entry === 'object' && entry !== null ? Object.values(entry) : []));
    if (level.length === 0) return false;
  }
  return true;
}
