import { OperatorError } from '@buildkite-operator/service';

/** Why the simulator says no, and the HTTP status that goes with it. */
export const refusalStatus = {
  malformed: 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  unprocessable: 422,
  locked: 423,
  'limit-reached': 422,
} as const;

export type RefusalCode = keyof typeof refusalStatus;

/** A request that was understood and is not granted; becomes `{message}` with the status of its code. */
export class Refusal extends OperatorError<RefusalCode> {
  override readonly name = 'Refusal';

  get status(): number {
    return refusalStatus[this.code];
  }
}
