import { type AutomaticRetryRule, anyValue, type SoftFail } from '../pipeline/definition.ts';

/** How a job ended, as far as rules ask. */
export interface JobResult {
  readonly exitStatus: number;
  readonly signal?: string | undefined;
  readonly signalReason?: string | undefined;
}

/** The rule by which a job is retried: the first that matches and is not used up. `uses` counts per rule. */
export function chooseRetryRule(rules: readonly AutomaticRetryRule[], result: JobResult, uses: readonly number[]): number | undefined {
  const index = rules.findIndex((rule, at) => ruleMatches(rule, result) && (uses[at] ?? 0) < rule.limit);
  return index === -1 ? undefined : index;
}

function ruleMatches(rule: AutomaticRetryRule, { exitStatus, signal, signalReason }: JobResult): boolean {
  return (
    (rule.exitStatus === anyValue ? exitStatus !== 0 : rule.exitStatus.includes(exitStatus)) &&
    textMatches(rule.signal, signal) &&
    textMatches(rule.signalReason, signalReason)
  );
}

/** `none` stands for no value; signal names match without regard to case and to a leading SIG. */
function textMatches(pattern: string, value: string | undefined): boolean {
  if (pattern === anyValue) return true;
  if (value === undefined || value === '') return pattern === 'none';
  return normalise(pattern) === normalise(value);
}

function normalise(text: string): string {
  return text.toUpperCase().replace(/^SIG(?!NATURE)/, '');
}

/** Whether an exit status other than 0 is forgiven. */
export function isSoftFailure(softFail: SoftFail, exitStatus: number): boolean {
  if (typeof softFail === 'boolean') return softFail;
  return softFail.includes(anyValue) || softFail.includes(exitStatus);
}
