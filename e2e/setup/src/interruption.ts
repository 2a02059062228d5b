let interruption: AbortController | undefined;

/**
 * A signal that is aborted once somebody asks this program to end (SIGINT, SIGTERM), so that it takes down what it has brought up; who asks
 * a second time ends it at once. All callers get the same one.
 */
export function interruptionSignal(): AbortSignal {
  if (interruption !== undefined) return interruption.signal;
  const asked = new AbortController();
  interruption = asked;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    // The listeners stay: execa ends a process on a signal that nobody else listens to, and one that listens once is gone by then.
    process.on(name, () => {
      if (asked.signal.aborted) process.exit(130);
      asked.abort(new Error(`interrupted by ${name}`));
    });
  }
  return asked.signal;
}

/** What `action` gives, unless the signal is aborted first: then its reason is thrown. The action itself goes on. */
export async function unlessAborted<T>(action: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([action, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
