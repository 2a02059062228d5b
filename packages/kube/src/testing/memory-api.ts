import { randomUUID } from 'node:crypto';
import { KubeError } from '../kube-error.ts';
import type { KubeObject, Live } from '../kube-object.ts';
import type { KubeRequest, Transport } from '../transport.ts';

/** Called before each call takes effect; it may delay it or throw. What it returns is called after the effect: then the answer is lost if it throws. */
export type Interceptor = (request: KubeRequest, signal: AbortSignal) => Promise<void | (() => void)>;

/**
 * A transport whose objects live in memory: get, create, replace (with its check of the version), merge patch and delete of
 * single objects, as the API server does them. No lists, no watches, no schemas.
 */
export class MemoryApi implements Transport {
  readonly objects = new Map<string, Live<KubeObject>>();
  readonly requests: KubeRequest[] = [];
  intercept: Interceptor = async () => undefined;
  #version = 0;

  async request<T>(request: KubeRequest<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.requests.push(request);
    const after = await this.intercept(request, signal);
    signal.throwIfAborted();
    const answer = structuredClone(this.#act(request));
    after?.();
    return answer as T;
  }

  stream(): Promise<AsyncIterable<Uint8Array>> {
    return Promise.reject(new KubeError('MethodNotAllowed', 'no watches here', { status: 405 }));
  }

  async close(): Promise<void> {
    this.objects.clear();
  }

  #act(request: KubeRequest): unknown {
    const given = (request.body ?? {}) as KubeObject;
    switch (request.method) {
      case 'GET':
        return this.#existing(request.path);
      case 'POST':
        return this.#create(`${request.path}/${given.metadata?.name ?? ''}`, given);
      case 'PUT':
        return this.#replace(request.path, given);
      case 'PATCH':
        return this.#store(request.path, merge(this.#existing(request.path), given) as Live<KubeObject>);
      case 'DELETE':
        this.#existing(request.path);
        this.objects.delete(request.path);
        return { kind: 'Status', status: 'Success' };
    }
  }

  #create(path: string, object: KubeObject): KubeObject {
    if (this.objects.has(path)) throw new KubeError('AlreadyExists', `${path} exists`, { status: 409 });
    return this.#store(path, { ...object, metadata: { ...object.metadata, uid: randomUUID() } } as Live<KubeObject>);
  }

  #replace(path: string, object: KubeObject): KubeObject {
    const version = object.metadata?.resourceVersion;
    if (version !== undefined && version !== this.#existing(path).metadata.resourceVersion) {
      throw new KubeError('Conflict', `${path} has changed`, { status: 409 });
    }
    return this.#store(path, merge(this.#existing(path), object) as Live<KubeObject>);
  }

  #store(path: string, object: Live<KubeObject>): Live<KubeObject> {
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.objects.set(path, stored);
    return stored;
  }

  #existing(path: string): Live<KubeObject> {
    const object = this.objects.get(path);
    if (object === undefined) throw new KubeError('NotFound', `${path} not found`, { status: 404 });
    return object;
  }
}

/** JSON merge patch, RFC 7396. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
