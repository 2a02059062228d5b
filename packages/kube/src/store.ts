import { errorMessage, type Logger, OperatorError } from '@buildkite-operator/service';
import { type KubeObject, type Live, objectKey } from './kube-object.ts';

/** What happened to one object of a store. An `updated` may also be an object that was deleted and made again: compare uids. */
export type Change<T extends KubeObject> =
  | { readonly type: 'added'; readonly object: Live<T> }
  | { readonly type: 'updated'; readonly object: Live<T>; readonly previous: Live<T> }
  /** The last state known. */
  | { readonly type: 'deleted'; readonly object: Live<T> };

export type ChangeListener<T extends KubeObject> = (change: Change<T>) => void;

/** The values under which an object is found; none when it is not in the index. */
export type IndexFunction<T extends KubeObject> = (object: Live<T>) => readonly string[];

/** What readers see of a store. The objects are shared: never change them. */
export interface StoreReader<T extends KubeObject> {
  readonly size: number;
  /** By `namespace/name`, or `name` for kinds without namespace. */
  get(key: string): Live<T> | undefined;
  values(): Iterable<Live<T>>;
  inNamespace(namespace: string): readonly Live<T>[];
  /** The objects that have an owner reference to this uid. */
  ownedBy(uid: string): readonly Live<T>[];
  /** By an index of our own; throws `UnknownIndex`. */
  byIndex(index: string, value: string): readonly Live<T>[];
  /** Whether the store has once held a full copy. It stays true while a lost connection is made again. */
  readonly hasSynced: boolean;
  /** Throws the signal's reason when it is aborted first. */
  waitForSync(signal: AbortSignal): Promise<void>;
  /** Called after each change, when the store already holds it. What it throws is logged and kept from the others. Returns the way to stop. */
  onChange(listener: ChangeListener<T>): () => void;
}

export interface StoreOptions<T extends KubeObject> {
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  readonly logger?: Logger;
}

const namespaceIndex = 'namespace';
const ownerIndex = 'ownerUid';

/** A local copy of objects, found by key and by index, kept up to date by a reflector (or by hand, in tests). */
export class Store<T extends KubeObject> implements StoreReader<T> {
  readonly #objects = new Map<string, Live<T>>();
  readonly #indexFunctions: ReadonlyMap<string, IndexFunction<T>>;
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #listeners = new Set<ChangeListener<T>>();
  readonly #logger: Logger | undefined;
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;

  constructor(options: StoreOptions<T> = {}) {
    this.#logger = options.logger;
    this.#indexFunctions = new Map<string, IndexFunction<T>>([
      ...Object.entries(options.indexes ?? {}),
      [namespaceIndex, object => (object.metadata.namespace === undefined ? [] : [object.metadata.namespace])],
      [ownerIndex, object => (object.metadata.ownerReferences ?? []).map(owner => owner.uid)],
    ]);
    for (const name of this.#indexFunctions.keys()) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get(key: string): Live<T> | undefined {
    return this.#objects.get(key);
  }

  values(): Iterable<Live<T>> {
    return this.#objects.values();
  }

  inNamespace(namespace: string): readonly Live<T>[] {
    return this.byIndex(namespaceIndex, namespace);
  }

  ownedBy(uid: string): readonly Live<T>[] {
    return this.byIndex(ownerIndex, uid);
  }

  byIndex(index: string, value: string): readonly Live<T>[] {
    const keysByValue = this.#indexes.get(index);
    if (keysByValue === undefined) {
      throw new OperatorError('UnknownIndex', `there is no index "${index}"; there are: ${[...this.#indexes.keys()].join(', ')}`);
    }
    return [...(keysByValue.get(value) ?? [])].flatMap(key => this.#objects.get(key) ?? []);
  }

  async waitForSync(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#hasSynced) return;
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  onChange(listener: ChangeListener<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adds or replaces an object. The same version again is no change. */
  set(object: Live<T>): void {
    const key = objectKey(object);
    const previous = this.#objects.get(key);
    if (previous !== undefined && isSameVersion(previous, object)) return;
    if (previous !== undefined) this.#unindex(key, previous);
    this.#objects.set(key, object);
    this.#index(key, object);
    this.#tell(previous === undefined ? { type: 'added', object } : { type: 'updated', object, previous });
  }

  /** Removes what is stored under the object's key; listeners get the last state given. */
  delete(object: Live<T>): void {
    const key = objectKey(object);
    const previous = this.#objects.get(key);
    if (previous === undefined) return;
    this.#remove(key, previous);
    this.#tell({ type: 'deleted', object });
  }

  /** Removes everything that is not among these keys: what was deleted while nobody watched. */
  retainOnly(keys: ReadonlySet<string>): void {
    for (const [key, object] of this.#objects) {
      if (keys.has(key)) continue;
      this.#remove(key, object);
      this.#tell({ type: 'deleted', object });
    }
  }

  /** Says that a full copy is held. */
  markSynced(): void {
    this.#hasSynced = true;
    this.#synced.resolve();
  }

  #remove(key: string, object: Live<T>): void {
    this.#unindex(key, object);
    this.#objects.delete(key);
  }

  #index(key: string, object: Live<T>): void {
    for (const [name, keysByValue] of this.#indexes) {
      for (const value of this.#indexValues(name, object)) {
        const keys = keysByValue.get(value);
        if (keys === undefined) keysByValue.set(value, new Set([key]));
        else keys.add(key);
      }
    }
  }

  #unindex(key: string, object: Live<T>): void {
    for (const [name, keysByValue] of this.#indexes) {
      for (const value of this.#indexValues(name, object)) {
        const keys = keysByValue.get(value);
        keys?.delete(key);
        if (keys?.size === 0) keysByValue.delete(value);
      }
    }
  }

  #indexValues(name: string, object: Live<T>): readonly string[] {
    try {
      return this.#indexFunctions.get(name)?.(object) ?? [];
    } catch (error) {
      this.#logger?.error({ error, index: name, object: objectKey(object) }, 'index function threw: the object is not in this index');
      return [];
    }
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#logger?.error({ error, object: objectKey(change.object), reason: errorMessage(error) }, 'a change listener threw');
      }
    }
  }
}

function isSameVersion(one: KubeObject, other: KubeObject): boolean {
  return one.metadata?.uid === other.metadata?.uid && one.metadata?.resourceVersion === other.metadata?.resourceVersion;
}
