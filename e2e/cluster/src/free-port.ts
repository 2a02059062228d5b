import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { ClusterError } from './cluster-error.ts';

/**
 * Below Linux's range for outgoing connections (32768 and up) and Kubernetes' for node ports (30000 and up),
 * so that nothing takes the port by chance while its server is being restarted.
 */
const lowest = 20_000;
const highest = 30_000;

/** A TCP port that nothing listens on at `address` at this moment, and that no outgoing connection will take. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(lowest, highest);
    if (await canListen(port, address)) return port;
  }
  throw new ClusterError('start-failed', `found no free TCP port at ${address} between ${lowest} and ${highest}; end what holds them`);
}

/** Whether a server could listen on the port now. */
export function canListen(port: number, address: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}
