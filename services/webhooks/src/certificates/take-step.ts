import { CertificateError } from './certificate-error.ts';
import { bundleOf, type CertificateState, readSecretData, toSecretData } from './certificate-state.ts';
import { issueAuthority, issueServing } from './issue.ts';
import type { Lifetimes, Step } from './next-step.ts';

/** However often the Secret is lost, the bundle does not grow without end. */
const mostKept = 8;

export interface StepContext {
  /** The state to go on from; only `create` needs none. */
  readonly from: CertificateState | undefined;
  readonly names: readonly string[];
  readonly lifetimes: Lifetimes;
  readonly now: number;
}

/** Carries a step out on paper: returns what the Secret must hold after it. */
export async function takeStep(step: Exclude<Step, { do: 'wait' }>, context: StepContext): Promise<Record<string, string>> {
  const { names, lifetimes, now } = context;
  const authority = () => issueAuthority({ now, lifetimeMs: lifetimes.authorityMs });
  const serving = { now, lifetimeMs: lifetimes.servingMs, names };
  if (step.do === 'create') {
    const created = await authority();
    return checked(toSecretData(created.certificate, created.key, await issueServing(created, serving)));
  }
  const { from } = context;
  if (from === undefined) throw new CertificateError(`there is nothing to ${step.do} from`);
  const [newest] = from.authorities;
  switch (step.do) {
    case 'introduce': {
      const next = await authority();
      const living = from.authorities.filter(
        ({ expiresAt }, index) => index === from.servingIssuer || (now < expiresAt && index < mostKept),
      );
      return checked(toSecretData(next.certificate + bundleOf({ authorities: living }), next.key, from.serving));
    }
    case 'issue': {
      const signer = { certificate: newest.certificate, key: from.authorityKey };
      return checked(toSecretData(bundleOf(from), from.authorityKey, await issueServing(signer, serving)));
    }
    case 'drop':
      return checked(toSecretData(newest.certificate, from.authorityKey, from.serving));
  }
}

/** Nothing is stored that another replica could not read. */
function checked(data: Record<string, string>): Record<string, string> {
  readSecretData(data);
  return data;
}
