import { openAsBlob } from 'node:fs';
import { ImageError } from './image-error.ts';
import type { Descriptor } from './oci-manifest.ts';

const answerTimeoutMs = 30_000;
const uploadTimeoutMs = 10 * 60_000;

/** The upload side of the OCI distribution API, over plain HTTP to a registry without a login. */
export class RegistryClient {
  readonly #base: string;

  /** @param address `HOST:PORT`, or a whole `http://…` address */
  constructor(address: string) {
    this.#base = address.includes('://') ? address.replace(/\/$/, '') : `http://${address}`;
  }

  /** The digest of the manifest that a tag or digest stands for; undefined where there is none. */
  async findManifest(name: string, reference: string, signal: AbortSignal): Promise<string | undefined> {
    const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json';
    const response = await this.#send('HEAD', `/v2/${name}/manifests/${reference}`, { headers: { accept } }, [200, 404], signal);
    return response.status === 404 ? undefined : (response.headers.get('docker-content-digest') ?? undefined);
  }

  async hasBlob(name: string, digest: string, signal: AbortSignal): Promise<boolean> {
    const response = await this.#send('HEAD', `/v2/${name}/blobs/${digest}`, {}, [200, 404], signal);
    return response.status === 200;
  }

  /** Uploads a file as a blob; the registry checks the digest and keeps nothing of an upload that was cut off. */
  async uploadBlob(name: string, { digest }: Pick<Descriptor, 'digest'>, file: string, signal: AbortSignal): Promise<void> {
    const started = await this.#send('POST', `/v2/${name}/blobs/uploads/`, {}, [202], signal);
    const location = started.headers.get('location');
    if (location === null) throw new ImageError('registry-refused', `${this.#base} gave no location to upload a blob of ${name} to`);
    const target = new URL(location, this.#base);
    target.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    await this.#send('PUT', target.href, { headers, body: await openAsBlob(file) }, [201], signal, uploadTimeoutMs);
  }

  /** Makes a tag or digest stand for a manifest whose blobs are all there. */
  async putManifest(name: string, reference: string, mediaType: string, manifest: Uint8Array, signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': mediaType };
    await this.#send('PUT', `/v2/${name}/manifests/${reference}`, { headers, body: Buffer.from(manifest) }, [201], signal);
  }

  async #send(
    method: string,
    target: string,
    content: Pick<RequestInit, 'headers' | 'body'>,
    expected: readonly number[],
    signal: AbortSignal,
    timeoutMs = answerTimeoutMs,
  ): Promise<Response> {
    const url = new URL(target, this.#base);
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, { ...content, method, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
      text = await response.text();
    } catch (cause) {
      signal.throwIfAborted();
      throw new ImageError('registry-unreachable', `${method} ${url.href} got no answer; is the registry at ${this.#base} up?`, { cause });
    }
    if (!expected.includes(response.status))
      throw new ImageError('registry-refused', `${method} ${url.href} was answered with ${response.status}: ${text.slice(0, 500)}`);
    return response;
  }
}
