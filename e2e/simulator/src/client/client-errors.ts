import { OperatorError } from '@buildkite-operator/service';

/** The control API said no. `status` is the HTTP status. */
export class SimulatorRequestError extends OperatorError<'SimulatorRequestFailed'> {
  override readonly name = 'SimulatorRequestError';
  readonly status: number;

  constructor(status: number, message: string) {
    super('SimulatorRequestFailed', message, { details: { status } });
    this.status = status;
  }

  static async from(response: Response): Promise<SimulatorRequestError> {
    const text = await response.text();
    return new SimulatorRequestError(response.status, messageIn(text) ?? `status ${response.status}: ${text.slice(0, 500)}`);
  }
}

/** What was waited for did not come; `last` is how things stood at the end. */
export class WaitTimeout extends OperatorError<'WaitTimeout'> {
  override readonly name = 'WaitTimeout';
  readonly last: unknown;

  constructor(message: string, last: unknown) {
    super('WaitTimeout', message);
    this.last = last;
  }
}

function messageIn(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string') return body.message;
  } catch {
    // Not JSON, so not one of ours.
  }
  return undefined;
}
