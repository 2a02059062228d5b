import { createLogger, createMetricsRegistry, type Registry } from '@buildkite-operator/service';
import { StacksApiMetrics } from '../stacks-api-metrics.ts';
import { StacksClient, type StacksClientOptions } from '../stacks-client.ts';
import type { TokenSource } from '../token-source.ts';
import { ScriptedStacksServer } from './scripted-stacks-server.ts';

/** The token that the client sends unless a test gives it another source. */
export const testToken = 'bkct_very-secret';

/** A client, the server it talks to, and all that it logged and counted. */
export interface ClientUnderTest extends AsyncDisposable {
  readonly client: StacksClient;
  readonly server: ScriptedStacksServer;
  readonly registry: Registry;
  readonly logged: string[];
}

/** Starts a server and a client that hurries: tries of 2 s, waits of a few milliseconds. */
export async function startClient(options: Partial<StacksClientOptions> = {}): Promise<ClientUnderTest> {
  const server = await ScriptedStacksServer.start();
  const logged: string[] = [];
  const registry = createMetricsRegistry('test');
  const fixedToken: TokenSource = { current: async () => testToken, after: async () => undefined };
  const client = new StacksClient({
    stackKey: 'my-stack',
    tokens: fixedToken,
    logger: createLogger('test', 'trace', { write: line => logged.push(line) }),
    metrics: new StacksApiMetrics(registry),
    baseUrl: server.baseUrl,
    tryMs: 2000,
    backoff: { initialMs: 1, maxMs: 4 },
    ...options,
  });
  return {
    client,
    server,
    registry,
    logged,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await client.close();
    },
  };
}
