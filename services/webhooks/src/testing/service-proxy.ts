import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Stands in for a Kubernetes Service: each new connection goes to the next of its endpoints; those that are open stay with theirs,
 * also when that is an endpoint no more.
 */
export class ServiceProxy implements AsyncDisposable {
  /** Ports of this machine. */
  endpoints: readonly number[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #next = 0;

  private constructor() {
    this.#server = createServer(socket => this.#accept(socket));
  }

  static async start(): Promise<ServiceProxy> {
    const proxy = new ServiceProxy();
    const { promise, resolve } = Promise.withResolvers<void>();
    proxy.#server.listen(0, '127.0.0.1', resolve);
    await promise;
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #accept(socket: Socket): void {
    const port = this.endpoints[this.#next++ % Math.max(1, this.endpoints.length)];
    if (port === undefined) {
      socket.destroy();
      return;
    }
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setNoDelay(true);
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
