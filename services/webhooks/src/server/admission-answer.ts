import type { JsonPatchOperation } from '../admission/json-patch.ts';
import type { Fault, Verdict } from '../admission/verdict.ts';
import type { AdmissionRequest } from './admission-review.ts';

/** The API server keeps warnings short: https://pkg.go.dev/k8s.io/api/admission/v1#AdmissionResponse */
const longestWarning = 250;
const mostWarnings = 10;
const longestMessage = 16_000;

/** The AdmissionReview that answers a request. */
export function answerOf(
  request: Pick<AdmissionRequest, 'uid' | 'kind' | 'name' | 'namespace'>,
  verdict: Verdict,
  operations: readonly JsonPatchOperation[] = [],
) {
  const warnings = verdict.warnings.slice(0, mostWarnings).map(text => cut(text, longestWarning));
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: request.uid,
      allowed: verdict.faults.length === 0,
      ...(warnings.length > 0 && { warnings }),
      ...(verdict.faults.length > 0 && { status: statusOf(request, verdict) }),
      ...(operations.length > 0 && { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') }),
    },
  };
}

function statusOf({ kind, name }: Pick<AdmissionRequest, 'kind' | 'name'>, { faults, reason = 'Invalid' }: Verdict) {
  return {
    status: 'Failure',
    code: reason === 'Invalid' ? 422 : 409,
    reason,
    message: cut(messageOf(faults), longestMessage),
    details: {
      group: kind.group,
      kind: kind.kind,
      ...(name !== undefined && { name }),
      causes: faults.map(({ field, problem, value }) => ({
        reason: 'FieldValueInvalid',
        field,
        message: cut(withValue(problem, value), longestMessage),
      })),
    },
  };
}

/** All faults in one text: the field, what is wrong with it, what was found. */
function messageOf(faults: readonly Fault[]): string {
  const lines = faults.map(({ field, problem, value }) => `${field}: ${withValue(problem, value)}`);
  return lines.length === 1 ? (lines[0] ?? '') : `${lines.length} problems:\n${lines.map(line => `- ${line}`).join('\n')}`;
}

function withValue(problem: string, value: unknown): string {
  if (value === undefined) return problem;
  return `${problem} (found ${cut(JSON.stringify(value) ?? typeof value, 200)})`;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
