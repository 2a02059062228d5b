import { type ExecaError, execa } from 'execa';
import { ImageError } from './image-error.ts';

/** Where the output goes, and when to stop. */
export interface ContainedOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** The file that all output is appended to. */
  readonly logPath?: string;
  /** Called with each line of standard output. */
  readonly onLine?: (line: string) => void;
}

const defaultTimeoutMs = 30 * 60_000;

/** crun runs as a sealed copy of itself in memory, and the seal now and then fails for a moment on a busy machine; these words are the only sign. */
const sealFailure = 'sealing memfd copy';

/**
 * Runs a program that mounts things and starts processes of its own, in namespaces that end with this process: however either of
 * them dies, SIGKILL included, the kernel ends every process and removes every mount of it. Returns its standard output.
 * Throws `build-failed`, or `disturbed` where trying again may help, with the last lines of its error output.
 */
export async function runContained(command: readonly string[], options: ContainedOptions): Promise<string> {
  const { signal, timeoutMs = defaultTimeoutMs, environment = {}, logPath, onLine } = options;
  const log = logPath === undefined ? [] : [{ file: logPath, append: true } as const];
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
  try {
    const { stdout } = await execa('setpriv', ['--pdeathsig', 'KILL', ...namespaces, ...command], {
      stdin: 'ignore',
      stdout: [
        function* (line: unknown) {
          onLine?.(String(line));
          yield line;
        },
        ...log,
        'pipe',
      ],
      stderr: [...log, 'pipe'],
      env: environment,
      cancelSignal: signal,
      timeout: timeoutMs,
      // unshare ignores the gentler ones while it waits for its child.
      killSignal: 'SIGKILL',
    });
    return stdout;
  } catch (cause) {
    signal.throwIfAborted();
    const error = cause as ExecaError;
    const code = String(error.stderr ?? '').includes(sealFailure) ? 'disturbed' : 'build-failed';
    throw new ImageError(code, describe(command, error, logPath), { cause });
  }
}

function describe([program]: readonly string[], { timedOut, exitCode, signal, stderr }: ExecaError, logPath?: string): string {
  const end = timedOut ? 'took too long' : `ended with ${signal ?? `status ${exitCode}`}`;
  const last = String(stderr ?? '')
    .trimEnd()
    .split('\n')
    .slice(-5)
    .join('\n');
  return `${program} ${end}${logPath === undefined ? '' : `; its whole output is in ${logPath}`}\n${last}`;
}
