import { ScriptedExchange, ScriptedServer } from '@buildkite-operator/service/testing';

/** A scripted server where the client expects Buildkite. */
export class ScriptedStacksServer extends ScriptedServer<ScriptedExchange> {
  static async start(): Promise<ScriptedStacksServer> {
    const server = new ScriptedStacksServer((...parts) => new ScriptedExchange(...parts));
    await server.listen();
    return server;
  }

  /** As Buildkite's, with the version at its end. */
  get baseUrl(): URL {
    return new URL('/v3/', this.origin);
  }

  /** Takes the next request and answers it with JSON. */
  async answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<ScriptedExchange> {
    const exchange = await this.next();
    exchange.json(status, body, headers);
    return exchange;
  }
}
