/** Metadata as the API server writes it in JSON (times are RFC 3339 text); the fields that controllers work with. */
export interface ObjectMeta {
  name?: string | undefined;
  generateName?: string | undefined;
  namespace?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  generation?: number | undefined;
  creationTimestamp?: string | undefined;
  deletionTimestamp?: string | undefined;
  deletionGracePeriodSeconds?: number | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  ownerReferences?: OwnerReference[] | undefined;
  finalizers?: string[] | undefined;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** The least that every Kubernetes object has. */
export interface KubeObject {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata?: ObjectMeta | undefined;
}

/** An object that the API server has stored: what it always sets is there. */
export type Live<T extends KubeObject> = T & {
  metadata: { name: string; uid: string; resourceVersion: string; creationTimestamp: string };
};

/** Where an object is; `namespace` is for namespaced kinds only. */
export interface ObjectRef {
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** The key of an object in stores and queues: `namespace/name`, or `name` when it has no namespace. */
export function objectKey(object: { metadata?: ObjectMeta | undefined }): string {
  return refKey({ name: object.metadata?.name ?? '', namespace: object.metadata?.namespace });
}

/** The same key, from a reference. */
export function refKey(ref: ObjectRef): string {
  return ref.namespace === undefined || ref.namespace === '' ? ref.name : `${ref.namespace}/${ref.name}`;
}

/** The reference that a key stands for. */
export function parseKey(key: string): ObjectRef {
  const slash = key.indexOf('/');
  return slash === -1 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
