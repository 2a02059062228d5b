import { isAbort } from './errors.ts';
import type { Logger } from './logger.ts';

/** How long a service may take to end by itself after SIGTERM, in milliseconds. */
const shutdownDeadlineMs = 25_000;

/**
 * Runs a service until it ends or the kubelet asks it to: SIGTERM and SIGINT abort the signal that `main` gets, and `main`
 * then finishes what it has begun. The process exits 0 after a clean end and 1 after a failure, an uncaught error,
 * or a shutdown that takes longer than 25 s; the reason is logged.
 */
export async function runService(logger: Logger, main: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const fail = (message: string) => (error: unknown) => {
    logger.fatal({ error }, message);
    process.exit(1);
  };
  process.on('uncaughtException', fail('uncaught exception'));
  process.on('unhandledRejection', fail('unhandled rejection'));
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) return;
      logger.info({ signal: name }, 'shutting down');
      setTimeout(() => fail('shutdown deadline exceeded')(undefined), shutdownDeadlineMs).unref();
      stop.abort();
    });
  }
  try {
    await main(stop.signal);
  } catch (error) {
    if (!(stop.signal.aborted && isAbort(error))) fail('service failed')(error);
  }
  logger.info('stopped');
  process.exit(0);
}
