import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const { PATH = '' } = process.env;

/** A service as a process of its own: its `main.ts` in this Node. */
export class ServiceProcess implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #port: number;
  #log = '';

  /** `port` is where it serves probes and metrics; `env` is all of its environment but PATH and HTTP_PORT. */
  constructor(main: string, port: number, env: Readonly<Record<string, string>>) {
    this.#port = port;
    this.#process = spawn(process.execPath, [main], {
      env: { PATH, ...env, HTTP_PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process.stdout?.on('data', chunk => {
      this.#log += String(chunk);
    });
  }

  /** All that it has logged. */
  get log(): string {
    return this.#log;
  }

  /** The answer of a probe or of /metrics. Throws where it does not listen. */
  async get(path: '/healthz' | '/readyz' | '/metrics'): Promise<{ readonly status: number; readonly text: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}${path}`, { signal: AbortSignal.timeout(5000) });
    return { status: answer.status, text: await answer.text() };
  }

  /** Asks it to end and returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.#hasEnded) return this.#process.exitCode;
    const ended = once(this.#process, 'exit', { signal: AbortSignal.timeout(30_000) });
    this.#process.kill('SIGTERM');
    await ended;
    return this.#process.exitCode;
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }
}
