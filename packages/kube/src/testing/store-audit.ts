import { type KubeObject, objectKey } from '../kube-object.ts';
import type { StoreReader } from '../store.ts';

/** Follows a store by its changes alone: what somebody knows who only listens. Notes every change that does not fit the ones before. */
export class StoreAudit<T extends KubeObject> {
  readonly known = new Map<string, string>();
  readonly faults: string[] = [];
  #changes = 0;

  constructor(store: StoreReader<T>) {
    for (const object of store.values()) this.known.set(objectKey(object), object.metadata.resourceVersion);
    store.onChange(change => {
      this.#changes += 1;
      const key = objectKey(change.object);
      const isKnown = this.known.has(key);
      if (isKnown !== (change.type !== 'added')) this.faults.push(`${change.type} ${key}, which was ${isKnown ? '' : 'not '}there`);
      if (change.type === 'updated' && change.previous.metadata.resourceVersion !== this.known.get(key)) {
        this.faults.push(`updated ${key} from a version that was never told`);
      }
      if (change.type === 'deleted') this.known.delete(key);
      else this.known.set(key, change.object.metadata.resourceVersion);
    });
  }

  get changes(): number {
    return this.#changes;
  }
}

/** The versions of objects by key. */
export function versions(objects: Iterable<KubeObject>): Map<string, string> {
  return new Map([...objects].map(object => [objectKey(object), object.metadata?.resourceVersion ?? ''] as const));
}
