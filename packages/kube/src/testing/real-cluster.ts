import { type ApiServer, type StartApiServerOptions, startApiServer } from '@buildkite-operator/e2e-cluster';
import { createLogger, type Logger } from '@buildkite-operator/service';
import { builtin } from '../builtin-resources.ts';
import type { ClusterAccess } from '../cluster-access.ts';
import { createTransport, type TransportOptions } from '../http-transport.ts';
import { loadClusterAccess } from '../load-cluster-access.ts';
import { ResourceClient } from '../resource-client.ts';
import type { Transport } from '../transport.ts';

export const logger: Logger = createLogger('test', 'silent');
export const never: AbortSignal = new AbortController().signal;

/** A real API server for one test file, and transports to it as its administrator. */
export class RealCluster implements AsyncDisposable {
  readonly server: ApiServer;
  readonly access: ClusterAccess;
  /** For the test's own calls. */
  readonly transport: Transport;
  readonly #transports: Transport[] = [];
  #namespaces = 0;

  private constructor(server: ApiServer, access: ClusterAccess) {
    this.server = server;
    this.access = access;
    this.transport = this.connect();
  }

  static async start(options: StartApiServerOptions = {}): Promise<RealCluster> {
    const server = await startApiServer(options);
    return new RealCluster(server, await loadClusterAccess({ kubeconfig: server.kubeconfigPath }));
  }

  /** One more transport, closed with the cluster. */
  connect(options: Partial<TransportOptions> = {}): Transport {
    const transport = createTransport({ access: this.access, logger, ...options });
    this.#transports.push(transport);
    return transport;
  }

  /** A new namespace, so that tests do not see each other's objects. */
  async namespace(): Promise<string> {
    this.#namespaces += 1;
    const name = `test-${this.#namespaces}`;
    await new ResourceClient(this.transport, builtin.namespaces).create({ metadata: { name } }, {}, never);
    return name;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#transports.map(transport => transport.close()));
    await this.server.stop();
  }
}
