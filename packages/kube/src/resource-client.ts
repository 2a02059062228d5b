import { z } from 'zod';
import { isKubeError, KubeError } from './kube-error.ts';
import type { KubeObject, Live, ObjectRef } from './kube-object.ts';
import { answeredObject } from './live-object.ts';
import { apiVersionOf, collectionPath, objectPath, type ResourceDefinition, type Subresource } from './resource-definition.ts';
import {
  type ApplyOptions,
  type CallOptions,
  callOptions,
  type DeleteOptions,
  deleteBody,
  type JsonPatchOperation,
  type ObjectList,
  type PatchOptions,
  type Preconditions,
  type Selection,
  selectionQuery,
  type WriteOptions,
  withPreconditions,
  writeQuery,
} from './resource-options.ts';
import type { ContentType, Transport } from './transport.ts';

/** How many objects one page of a list holds: keeps the event loop's longest stall short. */
const pageSize = 500;

const listSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().default(''), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});

/**
 * Calls for one kind. Bodies are sent as they are, answers are raw JSON: fields that our types do not know survive.
 * Failures are KubeErrors.
 */
export class ResourceClient<T extends KubeObject> {
  readonly resource: ResourceDefinition<T>;
  readonly #transport: Transport;

  constructor(transport: Transport, resource: ResourceDefinition<T>) {
    this.#transport = transport;
    this.resource = resource;
  }

  /** Reads one object from the server. Throws `NotFound`. */
  async get(ref: ObjectRef, options: CallOptions, signal: AbortSignal): Promise<Live<T>> {
    return this.#object({ method: 'GET', path: objectPath(this.resource, ref), ...options }, signal);
  }

  /** As `get`, but undefined when there is none. */
  async find(ref: ObjectRef, options: CallOptions, signal: AbortSignal): Promise<Live<T> | undefined> {
    return absentAsUndefined(this.get(ref, options, signal));
  }

  /** Reads all selected objects, page by page. */
  async list(selection: Selection, options: CallOptions, signal: AbortSignal): Promise<ObjectList<T>> {
    const items: Live<T>[] = [];
    let resourceVersion = '';
    for await (const page of this.pages(selection, options, signal)) {
      items.push(...page.items);
      resourceVersion = page.resourceVersion;
    }
    return { items, resourceVersion };
  }

  /** The pages of a list, all of one moment. Throws `Expired` when reading them took too long: begin again. */
  async *pages(selection: Selection, options: CallOptions, signal: AbortSignal): AsyncGenerator<ObjectList<T>, void, void> {
    const path = collectionPath(this.resource, selection.namespace);
    let next: string | undefined;
    do {
      const query = { ...selectionQuery(selection), limit: pageSize, continue: next };
      const page = await this.#transport.request({ method: 'GET', path, query, ...options, schema: listSchema }, signal);
      yield {
        items: (page.items ?? []).map(item => this.#adopt(item)),
        resourceVersion: page.metadata.resourceVersion,
      };
      next = page.metadata.continue === '' ? undefined : page.metadata.continue;
    } while (next !== undefined);
  }

  /**
   * Creates the object; its apiVersion and kind are filled in. With a fixed name the call is repeated after a lost
   * answer, so `AlreadyExists` may mean that it is our own: compare a label or the owner.
   */
  async create(object: T, options: WriteOptions, signal: AbortSignal): Promise<Live<T>> {
    const path = collectionPath(this.resource, object.metadata?.namespace);
    const idempotent = object.metadata?.name !== undefined;
    return this.#object(
      { method: 'POST', path, query: writeQuery(options), body: this.#typed(object), idempotent, ...callOptions(options) },
      signal,
    );
  }

  /** Writes the whole object. With `metadata.resourceVersion` set it fails with `Conflict` when somebody else was faster. */
  async replace(object: T, options: PatchOptions, signal: AbortSignal): Promise<Live<T>> {
    const path = objectPath(this.resource, refOf(object), options.subresource);
    return this.#object({ method: 'PUT', path, query: writeQuery(options), body: this.#typed(object), ...callOptions(options) }, signal);
  }

  /**
   * Server-side apply: the given fields are owned by `fieldManager`, those it gave before and no longer gives are removed.
   * Give only what is ours, with name and namespace in the metadata; a uid or resourceVersion there must still be true.
   */
  async apply(object: Partial<T>, options: ApplyOptions, signal: AbortSignal): Promise<Live<T>> {
    return this.#apply(object, options, undefined, signal);
  }

  /** Server-side apply of the status; other fields of the object are ignored by the server. */
  async applyStatus(object: Partial<T>, options: ApplyOptions, signal: AbortSignal): Promise<Live<T>> {
    return this.#apply(object, options, 'status', signal);
  }

  /** JSON merge patch (RFC 7396): null removes, lists are replaced. Preconditions go into the patch's metadata. */
  async mergePatch(
    ref: ObjectRef,
    patch: Readonly<Record<string, unknown>>,
    options: PatchOptions & { readonly preconditions?: Preconditions },
    signal: AbortSignal,
  ): Promise<Live<T>> {
    return this.#patch(ref, withPreconditions(patch, options.preconditions), 'application/merge-patch+json', options, signal);
  }

  /** JSON patch (RFC 6902). A failed `test` operation is `Invalid`. Not repeated after a lost answer. */
  async jsonPatch(ref: ObjectRef, operations: readonly JsonPatchOperation[], options: PatchOptions, signal: AbortSignal): Promise<Live<T>> {
    return this.#patch(ref, operations, 'application/json-patch+json', options, signal);
  }

  /** Asks for deletion; returns false when there was nothing to delete. Finalizers and grace periods may keep the object for a while. */
  async delete(ref: ObjectRef, options: DeleteOptions, signal: AbortSignal): Promise<boolean> {
    const path = objectPath(this.resource, ref);
    const answer = this.#transport.request({ method: 'DELETE', path, body: deleteBody(options), ...callOptions(options) }, signal);
    return (await absentAsUndefined(answer)) !== undefined;
  }

  /** Asks for deletion of all selected objects of a namespace. */
  async deleteCollection(
    selection: Selection & { readonly namespace: string },
    options: DeleteOptions,
    signal: AbortSignal,
  ): Promise<void> {
    const path = collectionPath(this.resource, selection.namespace);
    const query = selectionQuery(selection);
    await this.#transport.request({ method: 'DELETE', path, query, body: deleteBody(options), ...callOptions(options) }, signal);
  }

  async #apply(object: Partial<T>, options: ApplyOptions, subresource: Subresource | undefined, signal: AbortSignal): Promise<Live<T>> {
    const path = objectPath(this.resource, refOf(object), subresource);
    const query = { ...writeQuery(options), force: options.force ?? true };
    const body = this.#typed(object);
    return this.#object(
      { method: 'PATCH', path, query, body, contentType: 'application/apply-patch+yaml', ...callOptions(options) },
      signal,
    );
  }

  async #patch(ref: ObjectRef, body: unknown, contentType: ContentType, options: PatchOptions, signal: AbortSignal): Promise<Live<T>> {
    const path = objectPath(this.resource, ref, options.subresource);
    return this.#object({ method: 'PATCH', path, query: writeQuery(options), body, contentType, ...callOptions(options) }, signal);
  }

  async #object(request: Parameters<Transport['request']>[0], signal: AbortSignal): Promise<Live<T>> {
    return this.#adopt(await this.#transport.request(request, signal));
  }

  /** List items come without apiVersion and kind: every object leaves here in one shape. */
  #adopt(value: unknown): Live<T> {
    const object = answeredObject<T>(value);
    if (object === undefined) throw new KubeError('BadAnswer', `the API server sent something that is not one of ${this.resource.plural}`);
    return object.kind === undefined ? { ...this.#kind(), ...object } : object;
  }

  #typed(object: Partial<T>): Partial<T> {
    return { ...object, ...this.#kind() };
  }

  #kind(): { apiVersion: string; kind: string } {
    return { apiVersion: apiVersionOf(this.resource), kind: this.resource.kind };
  }
}

/** Undefined instead of `NotFound`. */
async function absentAsUndefined<V>(answer: Promise<V>): Promise<V | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (isKubeError(thrown, 'NotFound')) return undefined;
    throw thrown;
  }
}

function refOf(object: Partial<KubeObject>): ObjectRef {
  return { name: object.metadata?.name ?? '', namespace: object.metadata?.namespace };
}
