import { isStacksApiError, StacksApiError, type StacksApiErrorCode } from './stacks-api-error.ts';

/** Items whose batch failed, and why. */
export interface FailedBatch<Item> {
  readonly items: readonly Item[];
  /** Its `mayHaveActed` says whether the server may have done what was asked for some of them. */
  readonly error: StacksApiError;
}

export interface BatchResults<Item, Answer> {
  readonly answered: readonly { readonly items: readonly Item[]; readonly answer: Answer }[];
  readonly failed: readonly FailedBatch<Item>[];
}

/** Failures that are about what is in a batch; any other would meet the next batch as well. */
const aboutContent: ReadonlySet<StacksApiErrorCode> = new Set(['BadRequest', 'Invalid', 'BadAnswer', 'NotJson', 'UnknownOutcome']);

/** Splits into runs of at most `size`, in order. */
export function splitIntoBatches<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/**
 * Sends the items in batches of at most `size`, one after another, and keeps what each came to. After a failure that the next batch would
 * meet as well, the rest is `NotSent`. Throws the first failure when no batch succeeded, and the signal's reason when it is aborted.
 */
export async function sendInBatches<Item, Answer>(
  items: readonly Item[],
  size: number,
  send: (items: readonly Item[], signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
): Promise<BatchResults<Item, Answer>> {
  const answered: { items: readonly Item[]; answer: Answer }[] = [];
  const failed: FailedBatch<Item>[] = [];
  let obstacle: StacksApiError | undefined;
  for (const batch of splitIntoBatches(items, size)) {
    if (obstacle !== undefined) {
      failed.push({ items: batch, error: notSent(obstacle) });
      continue;
    }
    try {
      answered.push({ items: batch, answer: await send(batch, signal) });
    } catch (error) {
      if (!isStacksApiError(error)) throw error;
      failed.push({ items: batch, error });
      if (!aboutContent.has(error.code)) obstacle = error;
    }
  }
  const [first] = failed;
  if (first !== undefined && answered.length === 0) throw first.error;
  return { answered, failed };
}

function notSent(cause: StacksApiError): StacksApiError {
  const { endpoint, retryAfterMs } = cause;
  return new StacksApiError('NotSent', `${endpoint}: not sent, because a batch before it failed`, { endpoint, retryAfterMs, cause });
}
