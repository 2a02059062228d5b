import { attachCluster } from '@buildkite-operator/e2e-cluster';

/** A tag of the cluster's real registry for an image that is there under another one; it is not pushed yet. */
export class RegistryTag implements AsyncDisposable {
  /** As pods name the image. */
  readonly image: string;
  readonly #repository: string;
  readonly #source: string;
  readonly #tag: string;

  /** For the image that pods name so, e.g. `registry.example:5000/test/dash:0123`. */
  constructor(source: string, tag = `late-${crypto.randomUUID()}`) {
    const colon = source.lastIndexOf(':');
    this.#repository = source.slice(source.indexOf('/') + 1, colon);
    this.#source = source.slice(colon + 1);
    this.#tag = tag;
    this.image = `${source.slice(0, colon)}:${tag}`;
  }

  /** Pushes it. */
  async push(): Promise<void> {
    const accept = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'].join(', ');
    const manifest = await fetch(await this.#url(this.#source), { headers: { accept } });
    const headers = { 'content-type': manifest.headers.get('content-type') ?? '' };
    const answer = await fetch(await this.#url(this.#tag), { method: 'PUT', headers, body: await manifest.text() });
    if (!answer.ok) throw new Error(`the registry does not take ${this.image}: ${answer.status} ${await answer.text()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await fetch(await this.#url(this.#tag), { method: 'DELETE' });
  }

  async #url(reference: string): Promise<string> {
    const { registry } = await attachCluster();
    return `http://${registry.pushAddress}/v2/${this.#repository}/manifests/${reference}`;
  }
}
