/**
 * The one error shape: a stable `code` to branch on (never the message's text), a message that tells a person
 * what is wrong and what to do, and details for the log.
 */
export class OperatorError<Code extends string = string> extends Error {
  override readonly name: string = 'OperatorError';
  readonly code: Code;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The text of whatever was thrown, with the causes behind it that it does not tell itself. */
export function errorMessage(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.cause === undefined) return thrown.message;
  const cause = errorMessage(thrown.cause);
  return thrown.message.includes(cause) ? thrown.message : `${thrown.message}: ${cause}`;
}

/** Whether this is the end of a wait that was asked to end, and so no failure. */
export function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === 'AbortError' || ('code' in thrown && thrown.code === 'ABORT_ERR'));
}
