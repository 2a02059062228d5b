import type { BuildJobSpec } from '@buildkite-operator/crds';
import { isKubeError, type KubeError, type Pod } from '@buildkite-operator/kube';
import { errorMessage, type Logger } from '@buildkite-operator/service';
import { fieldsInWords, jobField } from './pod-field.ts';
import { readQuotaRefusal } from './quota-refusal.ts';
import { allowed, allowedWithWarning, refused, type Verdict } from './verdict.ts';

/** Sends the pod to the API server to be judged, but not stored. Throws its answer where that is no success. */
export type TryPod = (pod: Pod, signal: AbortSignal) => Promise<void>;

export interface DryRunOptions {
  /** What a quota means that is only full at the moment. */
  readonly fullQuota: 'wait' | 'refuse';
  readonly tryPod: TryPod;
  readonly logger: Logger;
}

/**
 * Asks the API server what it would say to the job's pod, with all its admission: schema, quotas, Pod Security, other webhooks. What it
 * refuses is refused here in its own words; where it cannot be asked, the job is taken with a warning.
 */
export async function dryRunVerdict(spec: BuildJobSpec, pod: Pod, options: DryRunOptions, signal: AbortSignal): Promise<Verdict> {
  try {
    await options.tryPod(pod, signal);
    return allowed;
  } catch (error) {
    if (!isKubeError(error) || !isJudgement(error, pod)) return untried(error, options.logger);
    if (error.code === 'AlreadyExists') return allowed;
    const words = ownWords(error);
    const quota = readQuotaRefusal(words);
    if (quota !== undefined && !quota.isHopeless && options.fullQuota === 'wait') {
      return allowedWithWarning(`the job waits until a quota has room for its pod: ${words}`);
    }
    if (error.causes.some(({ field }) => field !== '')) {
      return refused(...error.causes.map(({ field, message }) => ({ field: jobField(field, spec, pod), problem: message })));
    }
    const fields = fieldsInWords(words);
    if (fields.length === 0) return refused({ field: '(rendered pod)', problem: words });
    return refused(...fields.map(field => ({ field: jobField(field, spec, pod), problem: words })));
  }
}

/** Refusals of the pod itself. Other answers say something about the call, the server or our rights. */
const judgements: ReadonlySet<string> = new Set([
  'AlreadyExists',
  'BadRequest',
  'Invalid',
  'RequestEntityTooLarge',
  'NotAcceptable',
  'MethodNotAllowed',
]);

function isJudgement(error: KubeError, pod: Pod): boolean {
  if (error.code !== 'Forbidden') return judgements.has(error.code);
  // Missing rights are told of the collection, what admission refuses of the one pod (k8s.io/apimachinery, api/errors: NewForbidden).
  return ownWords(error).startsWith(`pods "${pod.metadata?.name ?? ''}" is forbidden`);
}

function untried(error: unknown, logger: Logger): Verdict {
  logger.warn({ error }, 'a pod could not be tried at the API server: a job is taken unchecked');
  return allowedWithWarning(
    `the job's pod could not be tried at the API server, so whatever that would refuse shows later: ${errorMessage(error)}`,
  );
}

/** The server's message without the call that we put before it. */
function ownWords({ message }: KubeError): string {
  return message.replace(/^(?:POST|PUT|PATCH|GET|DELETE) \/\S*: /, '');
}
