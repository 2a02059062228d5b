import { createServer, request as httpRequest } from 'node:http';
import type { TestbedInfo } from '@buildkite-operator/e2e-testbed';

/** A server before the git server that refuses its first calls. */
export interface ShakyServer extends AsyncDisposable {
  readonly origin: string;
  /** How many calls it has refused so far. */
  readonly refused: number;
}

/** Starts one on a free port, where pods reach it. It answers 503 to the first `refusals` calls and passes on all others. */
export async function startShakyServer({ gitHttp }: TestbedInfo, refusals: number): Promise<ShakyServer> {
  const { hostname, port } = new URL(gitHttp.origin);
  let refused = 0;
  const server = createServer((incoming, outgoing) => {
    if (refused < refusals) {
      refused += 1;
      outgoing.writeHead(503).end('come back later\n');
      return;
    }
    const { method, headers, url: path } = incoming;
    const passedOn = httpRequest({ hostname, port, method, headers, path }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passedOn.once('error', () => outgoing.destroy());
    incoming.pipe(passedOn);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, hostname, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the shaky server has no port');
  return {
    origin: `http://${hostname}:${address.port}`,
    get refused() {
      return refused;
    },
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}
