import { builtin, type ConfigMap } from '../builtin-resources.ts';
import { isKubeError } from '../kube-error.ts';
import { ResourceClient } from '../resource-client.ts';
import type { Transport } from '../transport.ts';

/** Creates, changes and deletes ConfigMaps of its own names, whatever happens to the server, and knows what must be there in the end. */
export class ConfigMapWriter {
  readonly #maps: ResourceClient<ConfigMap>;
  readonly #namespace: string;
  readonly #prefix: string;
  /** What is there, by name: the number last written. */
  readonly expected = new Map<string, string>();
  #writes = 0;

  constructor(transport: Transport, namespace: string, prefix: string) {
    this.#maps = new ResourceClient(transport, builtin.configMaps);
    this.#namespace = namespace;
    this.#prefix = prefix;
  }

  /** How many writes the server has acknowledged. */
  get writes(): number {
    return this.#writes;
  }

  /** Writes until aborted; each write is repeated until the server has answered it. */
  async run(signal: AbortSignal): Promise<void> {
    for (let round = 0; !signal.aborted; round += 1) {
      const name = `${this.#prefix}-${round % 40}`;
      if (this.expected.has(name) && round % 3 === 0) {
        await this.#untilDone(() => this.#maps.delete({ namespace: this.#namespace, name }, { deadlineMs: 5000 }, never));
        this.expected.delete(name);
      } else {
        const value = String(round);
        const map = {
          metadata: { namespace: this.#namespace, name, labels: { parity: round % 2 === 0 ? 'even' : 'odd' } },
          data: { value },
        };
        await this.#untilDone(() => this.#maps.apply(map, { fieldManager: 'writer', deadlineMs: 5000 }, never));
        this.expected.set(name, value);
      }
      this.#writes += 1;
    }
  }

  async #untilDone(write: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await write();
        return;
      } catch (thrown) {
        // A Conflict of two tries of ours that met at the server is as passing as a lost connection.
        if (
          !isKubeError(thrown, 'Unreachable', 'Timeout', 'ServiceUnavailable', 'InternalError', 'Conflict', 'TooManyRequests', 'Forbidden')
        )
          throw thrown;
      }
    }
  }
}

const never = new AbortController().signal;
