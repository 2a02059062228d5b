import { OperatorError } from '@buildkite-operator/service';

/** The command line is wrong, or names a file that cannot be used; the message says how, and what to do. */
export class UsageError extends OperatorError<'Usage'> {
  override readonly name = 'UsageError';

  constructor(message: string, cause?: unknown) {
    super('Usage', message, { cause });
  }
}
