import { OperatorError } from '@buildkite-operator/service';

/** What went wrong, for callers that act on it. */
export type ClusterErrorCode =
  /** No cluster of this checkout is up. */
  | 'not-up'
  /** A part of it ended while starting. */
  | 'start-failed'
  /** A wait took too long. */
  | 'timeout'
  /** There is no node or component of that name. */
  | 'unknown-name'
  /** An argument breaks its rules. */
  | 'bad-argument'
  /** Something else holds a name or an address that this needs. */
  | 'collision';

/** The one error of this package; its message names the remedy. */
export class ClusterError extends OperatorError<ClusterErrorCode> {
  override readonly name = 'ClusterError';
}
