import { OperatorError } from '@buildkite-operator/service';
import type { KubeObject, ObjectRef } from './kube-object.ts';

/** A kind that the API server knows, and the type of its objects. */
export interface ResourceDefinition<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** As in URLs, for example `pods`. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: it only carries the objects' type. */
  readonly objectType?: T;
}

export type Subresource = 'status' | 'scale' | 'eviction' | 'log' | 'token';

/** Defines a kind once, with its object type: `defineResource<BuildJob>({...})`. */
export function defineResource<T extends KubeObject>(definition: Omit<ResourceDefinition<T>, 'objectType'>): ResourceDefinition<T> {
  return definition;
}

/** `v1` or `group/version`, as it stands in an object's `apiVersion`. */
export function apiVersionOf(resource: Pick<ResourceDefinition, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The path of a collection. Without a namespace: of all namespaces. */
export function collectionPath(
  resource: Pick<ResourceDefinition, 'group' | 'version' | 'plural' | 'namespaced'>,
  namespace?: string,
): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  if (namespace === undefined) return `${root}/${resource.plural}`;
  if (!resource.namespaced) {
    throw new OperatorError('InvalidReference', `${resource.plural} have no namespace, but "${namespace}" was given: leave it out`);
  }
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`;
}

/** The path of one object. Throws `InvalidReference` when the name, or the namespace of a namespaced kind, is missing. */
export function objectPath(
  resource: Pick<ResourceDefinition, 'group' | 'version' | 'plural' | 'namespaced'>,
  ref: ObjectRef,
  subresource?: Subresource,
): string {
  if (ref.name === '') throw new OperatorError('InvalidReference', `a name is needed to address one of ${resource.plural}`);
  if (resource.namespaced && (ref.namespace === undefined || ref.namespace === '')) {
    throw new OperatorError('InvalidReference', `${resource.plural} "${ref.name}": a namespace is needed, none was given`);
  }
  const path = `${collectionPath(resource, resource.namespaced ? ref.namespace : undefined)}/${encodeURIComponent(ref.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
