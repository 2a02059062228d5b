/** What went wrong, for callers that act on it; the message is for people and names the remedy. */
export type ClusterErrorCode =
  | 'not-up'
  | 'unsupported'
  | 'start-failed'
  | 'timeout'
  | 'unknown-name'
  | 'bad-argument'
  | 'collision'
  | 'command-failed';

/** The one error of this package. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
