import type { KubeObject, Live, ObjectMeta, OwnerReference } from './kube-object.ts';
import { apiVersionOf, type ResourceDefinition } from './resource-definition.ts';

export interface OwnerReferenceOptions {
  /** Whether the owner is the managing controller, of which an object has at most one; default true. */
  readonly controller?: boolean;
  /** Whether foreground deletion of the owner waits for this object; needs `update` on the owner's finalizers; default true. */
  readonly blockOwnerDeletion?: boolean;
}

/** The reference that makes the garbage collector delete an object once its owner is gone. Owner and object must share a namespace. */
export function ownerReference<T extends KubeObject>(
  resource: ResourceDefinition<T>,
  owner: Live<T>,
  options: OwnerReferenceOptions = {},
): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: options.controller ?? true,
    blockOwnerDeletion: options.blockOwnerDeletion ?? true,
  };
}

/** The one owner that manages the object, if it has one. */
export function controllerOf(object: { metadata?: ObjectMeta | undefined }): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find(reference => reference.controller === true);
}
