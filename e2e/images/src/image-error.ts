/** What can go wrong with the images; callers branch on this, never on the message. */
export type ImageErrorCode =
  | 'unknown-image'
  | 'unknown-base-image'
  | 'missing-input'
  | 'build-failed'
  /** What may go well the next time. */
  | 'disturbed'
  | 'invalid-build-output'
  | 'registry-unreachable'
  | 'registry-refused';

/** The one error of this package. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
