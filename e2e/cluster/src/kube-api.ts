import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';
import { ClusterError } from './cluster-error.ts';

/** The few calls that bringing a cluster up needs, so that it stands on nothing that is tested with it. */
export class KubeApi {
  readonly url: string;
  readonly #agent: Agent;

  constructor(url: string, authority: string, pair: KeyPair) {
    this.url = url;
    this.#agent = new Agent({
      ca: readFileSync(authority),
      cert: readFileSync(pair.certificate),
      key: readFileSync(pair.key),
      keepAlive: false,
    });
  }

  /** The parsed object; undefined when it does not exist. Throws when the server does not answer or refuses. */
  async get(path: string): Promise<unknown> {
    const { status, text } = await this.#call('GET', path);
    if (status === 404) return undefined;
    if (status !== 200) throw new ClusterError('start-failed', `GET ${path}: ${status} ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }

  /** Server-side apply. */
  async apply(path: string, object: object): Promise<void> {
    const { status, text } = await this.#call('PATCH', `${path}?fieldManager=local-cluster&force=true`, stringify(object));
    if (status !== 200 && status !== 201) throw new ClusterError('start-failed', `apply ${path}: ${status} ${text.slice(0, 300)}`);
  }

  async delete(path: string): Promise<void> {
    const { status, text } = await this.#call('DELETE', path);
    if (status !== 200 && status !== 202 && status !== 404)
      throw new ClusterError('start-failed', `DELETE ${path}: ${status} ${text.slice(0, 300)}`);
  }

  #call(method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/apply-patch+yaml' };
      const call = request(`${this.url}${path}`, { method, agent: this.#agent, headers, timeout: 10_000 }, response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      call.once('timeout', () => call.destroy(new ClusterError('timeout', `${method} ${path}: no answer in 10 s`)));
      call.once('error', reject);
      call.end(body);
    });
  }
}
