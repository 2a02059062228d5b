import { isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts';
import type { SendToServer, ServerAnswer } from './api-server-requests.ts';

/** The server's answer: the pod template it would store, with its defaults, or why it stores none. */
export type Verdict = { readonly template: JsonObject } | { readonly refused: string };

/** A pod template that the server holds, with its defaults. */
export interface StoredTemplate {
  readonly template: JsonObject;
  /** The server's own strategic merge of a patch for the template; not stored. */
  patch(patch: JsonValue): Promise<Verdict>;
  /** What the server makes of another template in its place, by the same validation and defaults; not stored. */
  replace(template: JsonObject): Promise<Verdict>;
}

const templates = '/api/v1/namespaces/default/podtemplates';
const dryRun = 'dryRun=All&fieldValidation=Strict';

/** The API server's word on what a strategic merge patch means, by core PodTemplate objects. Fields it does not know are refused. */
export class MergeOracle {
  readonly #send: SendToServer;
  #stored = 0;

  constructor(send: SendToServer) {
    this.#send = send;
  }

  /** Throws when the server does not take the template. */
  async store(template: JsonObject): Promise<StoredTemplate> {
    this.#stored += 1;
    const head = { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: `oracle-${this.#stored}` } };
    const created = verdict(await this.#send({ method: 'POST', path: templates, body: { ...head, template } }));
    if ('refused' in created) throw new Error(`not a valid template to begin with: ${created.refused}`);
    const path = `${templates}/${head.metadata.name}?${dryRun}`;
    return {
      template: created.template,
      patch: async patch => {
        const contentType = 'application/strategic-merge-patch+json';
        return verdict(await this.#send({ method: 'PATCH', path, contentType, body: { template: patch } }));
      },
      replace: async other => verdict(await this.#send({ method: 'PUT', path, body: { ...head, template: other } })),
    };
  }
}

/** The merge's own errors come as status 500, but a panic or an overloaded server is no word on the patch. */
function verdict({ status, body }: ServerAnswer): Verdict {
  const { template, message } = isJsonObject(body) ? body : {};
  if (status < 300 && isJsonObject(template)) return { template };
  const refused = [400, 422, 500].includes(status) && typeof message === 'string' && !message.includes('panic');
  if (refused) return { refused: message };
  throw new Error(`the API server answered ${status}: ${JSON.stringify(body)}`);
}
