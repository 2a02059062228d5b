import { createWriteStream, mkdirSync, openSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './paths.ts';

/** What a running step may tell the person who waits for it. */
export interface Step {
  /** Says how far the step is, e.g. `1,200 of 2,400 packages`; shown with the next heartbeat. */
  readonly progress: (text: string) => void;
  /** Full output of the step; its path is printed when the step starts. */
  readonly log: WriteStream;
  readonly logPath: string;
}

const heartbeatMs = 10_000;

/** Prints one line of the run's own output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** `0.4 s`, `12 s`, `3 min 05 s`. */
export function formatDuration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/**
 * Runs one long step under a title: says that it starts and where its log is, every ten seconds how far it is,
 * and at the end how long it took. A failure is printed with the log's path and thrown on.
 */
export async function step<T>(title: string, run: (step: Step) => Promise<T>): Promise<T> {
  const logPath = join(logDirectory(), `${new Date().toISOString().replaceAll(':', '')}-${slug(title)}.log`);
  // Opened at once: a child process can only be given a stream that already has its file descriptor.
  const log = createWriteStream(logPath, { fd: openSync(logPath, 'a') });
  const started = performance.now();
  const elapsed = () => formatDuration(performance.now() - started);
  let latest = '';
  say(`▶ ${title}  (log: ${logPath})`);
  const heartbeat = setInterval(() => say(`  … ${title}: ${latest === '' ? 'running' : latest}, ${elapsed()}`), heartbeatMs);
  try {
    const result = await run({ log, logPath, progress: text => (latest = text) });
    say(`✔ ${title}  ${elapsed()}`);
    return result;
  } catch (error) {
    say(`✘ ${title}  failed after ${elapsed()}; log: ${logPath}`);
    throw error;
  } finally {
    clearInterval(heartbeat);
    log.end();
  }
}

function logDirectory(): string {
  const directory = join(cacheDirectory(), 'logs');
  mkdirSync(directory, { recursive: true });
  return directory;
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
