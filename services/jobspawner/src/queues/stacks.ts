import type { OperatorConfig } from '@buildkite-operator/config';
import type { Logger } from '@buildkite-operator/service';
import { type StacksApiMetrics, StacksClient, type TokenSource } from '@buildkite-operator/stacks-api';
import { stackKeyFor } from './stack-key.ts';

export interface StacksOptions {
  readonly tokens: TokenSource;
  /** What this installation is called where the configuration does not say. */
  readonly installation: string;
  readonly logger: Logger;
  readonly metrics: StacksApiMetrics;
}

/** How Buildkite is reached: where, and by which name. */
export interface StacksAddress {
  readonly endpoint: string | undefined;
  readonly installation: string;
}

/** The client of each queue's stack. A change of the address makes new ones. */
export class Stacks {
  readonly #options: StacksOptions;
  readonly #clients = new Map<string, StacksClient>();
  readonly #closing = new Set<Promise<void>>();
  #address: StacksAddress;

  constructor(options: StacksOptions, config: OperatorConfig) {
    this.#options = options;
    this.#address = this.#addressOf(config);
  }

  /** The client for a queue; also for one that is served no longer, since jobs of it may still be here. */
  of(queue: string): StacksClient {
    const known = this.#clients.get(queue);
    if (known !== undefined) return known;
    const { tokens, logger, metrics } = this.#options;
    const { endpoint } = this.#address;
    const client = new StacksClient({
      stackKey: this.keyOf(queue),
      tokens,
      metrics,
      logger: logger.child({ component: 'stacks-api', queue }),
      // A path without its last slash would be left out of the addresses made from it.
      ...(endpoint !== undefined && { baseUrl: new URL(endpoint.endsWith('/') ? endpoint : `${endpoint}/`) }),
    });
    this.#clients.set(queue, client);
    return client;
  }

  /** What the stack of a queue is called. */
  keyOf(queue: string): string {
    return stackKeyFor(this.#address.installation, queue);
  }

  /** Goes over to what the configuration says now. Returns whether that is another address. */
  use(config: OperatorConfig): boolean {
    const { endpoint, installation } = this.#addressOf(config);
    if (endpoint === this.#address.endpoint && installation === this.#address.installation) return false;
    this.#address = { endpoint, installation };
    this.#closeAll();
    return true;
  }

  /** Waits for calls under way and closes every connection. */
  async close(): Promise<void> {
    this.#closeAll();
    await Promise.all(this.#closing);
  }

  #closeAll(): void {
    for (const client of this.#clients.values()) {
      const closing = client.close().finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
    }
    this.#clients.clear();
  }

  #addressOf({ job_spawner_config: { endpoint, stackKey }, pod_defaults }: OperatorConfig): StacksAddress {
    return { endpoint: endpoint ?? pod_defaults.agentEndpoint, installation: stackKey ?? this.#options.installation };
  }
}
