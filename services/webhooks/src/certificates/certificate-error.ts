import { OperatorError } from '@buildkite-operator/service';

/** A certificate or key that cannot be used; the message says which and why. */
export class CertificateError extends OperatorError<'UnusableCertificate'> {
  override readonly name = 'CertificateError';

  constructor(problem: string, cause?: unknown) {
    super('UnusableCertificate', problem, cause === undefined ? {} : { cause });
  }
}
