import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@buildkite-operator/e2e-cluster';
import { execa } from 'execa';

/** One replica of the service, as a process of its own. */
export class Replica {
  readonly port: number;
  readonly probePort: number;
  readonly #process: ReturnType<typeof run>;
  /** What it wrote; undefined while it runs. */
  #output: string | undefined;

  private constructor(port: number, probePort: number, environment: Readonly<Record<string, string>>) {
    this.port = port;
    this.probePort = probePort;
    this.#process = run({ ...environment, HTTPS_PORT: String(port), HTTP_PORT: String(probePort) });
    void this.#follow();
  }

  static async start(environment: Readonly<Record<string, string>>): Promise<Replica> {
    return new Replica(await freePort(), await freePort(), environment);
  }

  /** Waits until it says that it is ready. */
  async ready(): Promise<void> {
    const end = Date.now() + 60_000;
    let said = 'no answer';
    while (Date.now() < end && this.#output === undefined) {
      const answer = await this.probe('readyz');
      if (answer?.ok === true) return;
      said = answer === undefined ? said : await answer.text();
      await delay(50);
    }
    if (this.#output !== undefined) throw new Error(`the replica ended before it was ready:\n${this.#output}`);
    throw new Error(`the replica was not ready within 60 s: ${said}`);
  }

  async probe(path: string): Promise<Response | undefined> {
    try {
      return await fetch(`http://127.0.0.1:${this.probePort}/${path}`, { signal: AbortSignal.timeout(2000) });
    } catch {
      return undefined;
    }
  }

  /** SIGTERM, as the kubelet ends it. Returns its exit code and what it wrote. */
  async terminate(): Promise<{ exitCode: number | undefined; output: string }> {
    this.#process.kill('SIGTERM');
    return this.#ended();
  }

  /** SIGKILL. */
  async kill(): Promise<{ exitCode: number | undefined; output: string }> {
    this.#process.kill('SIGKILL');
    return this.#ended();
  }

  async #follow(): Promise<void> {
    this.#output = (await this.#process).all;
  }

  async #ended(): Promise<{ exitCode: number | undefined; output: string }> {
    const { exitCode, all } = await this.#process;
    return { exitCode, output: all };
  }
}

function run(env: Readonly<Record<string, string>>) {
  const program = join(import.meta.dirname, '../main.ts');
  return execa(process.execPath, [program], { env, extendEnv: false, stdin: 'ignore', all: true, reject: false });
}
