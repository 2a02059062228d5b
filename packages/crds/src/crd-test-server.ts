import { join } from 'node:path';
import { type ApiServer, startApiServer } from '@buildkite-operator/e2e-cluster';
import { ensureGoTools, goToolSets } from '@buildkite-operator/e2e-setup';
import { execa } from 'execa';
import { isObject, type JsonObject } from './json-object.ts';

/** What a command answered; a refusal is an answer too. */
export interface Answer {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real API server for the tests of this package, with `kubectl` to talk to it. */
export class CrdTestServer implements AsyncDisposable {
  readonly #server: ApiServer;
  readonly #kubectlPath: string;

  private constructor(server: ApiServer, kubectlPath: string) {
    this.#server = server;
    this.#kubectlPath = kubectlPath;
  }

  static async start(): Promise<CrdTestServer> {
    const tools = await ensureGoTools(goToolSets.kubernetes);
    return new CrdTestServer(await startApiServer(), join(tools, 'kubectl'));
  }

  /** Runs `kubectl`; `input`, if given, goes to its standard input. */
  async kubectl(parameters: readonly string[], input?: object): Promise<Answer> {
    const result = await execa(this.#kubectlPath, [`--kubeconfig=${this.#server.kubeconfigPath}`, '--namespace=default', ...parameters], {
      ...(input === undefined ? {} : { input: JSON.stringify(input) }),
      reject: false,
      timeout: 60_000,
    });
    return { ok: result.exitCode === 0, stdout: result.stdout, stderr: result.stderr };
  }

  /** As `kubectl`, for what must work. Returns its output. */
  async must(parameters: readonly string[], input?: object): Promise<string> {
    const { ok, stdout, stderr } = await this.kubectl(parameters, input);
    if (!ok) throw new Error(`kubectl ${parameters.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** As `must`, for an answer in JSON. */
  async mustJson(parameters: readonly string[], input?: object): Promise<JsonObject> {
    const parsed: unknown = JSON.parse(await this.must([...parameters, '--output=json'], input));
    if (!isObject(parsed)) throw new Error(`kubectl ${parameters.join(' ')} answered no object`);
    return parsed;
  }

  /** Applies CustomResourceDefinitions and waits until their kinds are served. */
  async install(...definitions: readonly { readonly metadata: { readonly name: string } }[]): Promise<void> {
    for (const definition of definitions) await this.must(['apply', '--server-side', '--filename=-'], definition);
    const names = definitions.map(({ metadata }) => `customresourcedefinition/${metadata.name}`);
    await this.must(['wait', '--for=condition=Established', '--timeout=30s', ...names]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
  }
}
