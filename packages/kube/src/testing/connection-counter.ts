import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { z } from 'zod';

const channel = 'undici:client:connected';
const messageSchema = z.object({ connectParams: z.object({ port: z.coerce.number() }) });

/** Counts the connections that this process makes to one port, from its construction on. */
export class ConnectionCounter implements Disposable {
  readonly #port: number;
  #count = 0;
  readonly #onMessage = (message: unknown) => {
    const parsed = messageSchema.safeParse(message);
    if (parsed.success && parsed.data.connectParams.port === this.#port) this.#count += 1;
  };

  constructor(server: URL) {
    this.#port = Number(server.port);
    subscribe(channel, this.#onMessage);
  }

  get count(): number {
    return this.#count;
  }

  [Symbol.dispose](): void {
    unsubscribe(channel, this.#onMessage);
  }
}
