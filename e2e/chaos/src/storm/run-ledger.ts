import { createServer } from 'node:http';

/** Counts how often the command of each job has run: each run reports itself here, past Buildkite and Kubernetes. */
export interface RunLedger extends AsyncDisposable {
  /** Where pods report a run; the job's id is to follow. */
  readonly url: string;
  runsOf(jobId: string): number;
  /** All runs so far. */
  readonly total: number;
}

/** Starts one on a free port of this address, which pods must reach. */
export async function startRunLedger(host: string): Promise<RunLedger> {
  const runs = new Map<string, number>();
  let total = 0;
  const server = createServer((request, response) => {
    const jobId = request.url?.split('/').at(-1) ?? '';
    runs.set(jobId, (runs.get(jobId) ?? 0) + 1);
    total += 1;
    response.end('noted\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the ledger of runs has no port');
  return {
    url: `http://${host}:${address.port}/runs`,
    runsOf: jobId => runs.get(jobId) ?? 0,
    get total() {
      return total;
    },
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}
