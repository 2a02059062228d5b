import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A door in front of a server: connections pass, or are cut and refused, as the test says. */
export class TcpGate implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #isOpen = true;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer(socket => this.#pass(socket));
  }

  static async start(target: URL): Promise<TcpGate> {
    const gate = new TcpGate(target);
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  /** The target's URL through the gate. */
  get url(): URL {
    const url = new URL(this.#target);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url;
  }

  open(): void {
    this.#isOpen = true;
  }

  /** Resets all connections, and every new one until it is opened. */
  shut(): void {
    this.#isOpen = false;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.shut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(inner: Socket): void {
    if (!this.#isOpen) {
      inner.resetAndDestroy();
      return;
    }
    const outer = connect(Number(this.#target.port), this.#target.hostname);
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
