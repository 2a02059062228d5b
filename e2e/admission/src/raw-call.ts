import { request } from 'node:https';

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

export interface RawCall {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly body?: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Breaks the connection off after so many bytes of the body. */
  readonly cutAfter?: number;
}

const waitMs = 15_000;

/** Calls a webhook by itself, without the API server. Undefined where the connection broke off without an answer. */
export async function callRaw({
  host,
  port,
  path,
  method = 'POST',
  body = '',
  headers = {},
  cutAfter,
}: RawCall): Promise<RawAnswer | undefined> {
  return new Promise(resolve => {
    const bytes = Buffer.from(body);
    const call = request(
      {
        host,
        port,
        path,
        method,
        // Who answers does not matter here, and nothing secret is sent.
        rejectUnauthorized: false,
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': String(bytes.length), ...headers },
        timeout: waitMs,
      },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
        response.once('error', () => resolve(undefined));
      },
    );
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(undefined));
    if (cutAfter === undefined) call.end(bytes);
    else call.write(bytes.subarray(0, cutAfter), () => call.destroy());
  });
}
