import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ApiServer } from '@buildkite-operator/e2e-cluster';
import { KubeConfig } from '@kubernetes/client-node';
import type { JsonValue } from '../json-value.ts';

const requestTimeoutMs = 30_000;

export interface ServerAnswer {
  readonly status: number;
  readonly body: JsonValue;
}

export interface ServerRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: JsonValue;
  /** Default `application/json`. */
  readonly contentType?: string;
}

/** Plain JSON requests to a local API server as its administrator, free of any client's view of the types. */
export type SendToServer = (request: ServerRequest) => Promise<ServerAnswer>;

/** Reads the server's credentials once. */
export async function requestsTo(server: ApiServer): Promise<SendToServer> {
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromFile(server.kubeconfigPath);
  const credentials: RequestOptions = {};
  await kubeconfig.applyToHTTPSOptions(credentials);
  return async ({ method, path, body, contentType = 'application/json' }) => {
    const options: RequestOptions = {
      ...credentials,
      method,
      headers: { accept: 'application/json', 'content-type': contentType },
      signal: AbortSignal.timeout(requestTimeoutMs),
    };
    const answer = await send(new URL(path, server.url), options, body === undefined ? undefined : JSON.stringify(body));
    return { status: answer.statusCode ?? 0, body: JSON.parse(await text(answer)) as JsonValue };
  };
}

async function send(url: URL, options: RequestOptions, body: string | undefined): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(url, options, resolve).on('error', reject).end(body);
  return promise;
}
