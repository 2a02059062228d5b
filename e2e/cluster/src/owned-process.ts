import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A child process that cannot outlive this one: the kernel kills it when its parent dies, however that happens. */
export class OwnedProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly logPath: string;

  private constructor(child: ChildProcess, logPath: string) {
    this.#child = child;
    this.logPath = logPath;
    this.#ended = new Promise(resolve => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
  }

  /** Starts the program with its output appended to a log file. */
  static start(program: string, parameters: readonly string[], logPath: string): OwnedProcess {
    const log = openSync(logPath, 'a');
    try {
      // setpriv replaces itself by the program, so the child's pid is the program's.
      const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...parameters], { stdio: ['ignore', log, log] });
      return new OwnedProcess(child, logPath);
    } finally {
      closeSync(log);
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends SIGKILL and resolves when the process is gone. */
  async kill(): Promise<void> {
    if (this.running) this.#child.kill('SIGKILL');
    if (this.#child.pid !== undefined) await this.#ended;
  }

  /** The last lines it wrote, for an error message. */
  async logTail(lines = 15): Promise<string> {
    const text = await readFile(this.logPath, 'utf8').catch(() => '');
    return `last lines of ${this.logPath}:\n${text.trimEnd().split('\n').slice(-lines).join('\n')}`;
  }
}
