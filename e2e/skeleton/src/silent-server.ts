import { createServer } from 'node:net';
import type { TestbedInfo } from '@buildkite-operator/e2e-testbed';

/** A server that takes every connection and never answers, so that whoever asks it stays busy. */
export interface SilentServer extends AsyncDisposable {
  readonly origin: string;
}

/** Starts one on a free port, where pods reach it. */
export async function startSilentServer({ gitHttp }: TestbedInfo): Promise<SilentServer> {
  const { hostname } = new URL(gitHttp.origin);
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy());
    closing.signal.addEventListener('abort', () => socket.destroy());
  });
  const closing = new AbortController();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, hostname, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the silent server has no port');
  return {
    origin: `http://${hostname}:${address.port}`,
    [Symbol.asyncDispose]: () => {
      closing.abort();
      return new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}
