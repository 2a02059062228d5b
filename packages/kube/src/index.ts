export {
  builtin,
  type ConfigMap,
  type CustomResourceDefinition,
  type Deployment,
  type Event,
  type Lease,
  type Namespace,
  type Node,
  type PersistentVolumeClaim,
  type Pod,
  type Secret,
  type Service,
  type ServiceAccount,
  type ValidatingWebhookConfiguration,
} from './builtin-resources.ts';
export type { ClusterAccess, Credentials, TlsMaterial } from './cluster-access.ts';
export { type EventNote, EventRecorder, type EventRecorderOptions } from './event-recorder.ts';
export { createTransport, type TransportOptions } from './http-transport.ts';
export { isKubeError, KubeError, type KubeErrorCode, type StatusCause } from './kube-error.ts';
export { KubeMetrics, kubeMetricNames } from './kube-metrics.ts';
export {
  type KubeObject,
  type Live,
  type ObjectMeta,
  type ObjectRef,
  type OwnerReference,
  objectKey,
  parseKey,
  refKey,
} from './kube-object.ts';
export { formatFieldSelector, formatLabelSelector, type LabelRequirement, type LabelSelector } from './label-selector.ts';
export { LeaderElection, type LeaderElectionOptions } from './leader-election.ts';
export { leaseTimes } from './lease-times.ts';
export { type ClusterChoice, loadClusterAccess } from './load-cluster-access.ts';
export {
  type NamedReflectors,
  type NamespaceStores,
  NamespaceWatch,
  type NamespaceWatchOptions,
} from './namespace-watch.ts';
export { controllerOf, type OwnerReferenceOptions, ownerReference } from './owner-reference.ts';
export { Reflector, type ReflectorOptions } from './reflector.ts';
export { ResourceClient } from './resource-client.ts';
export {
  apiVersionOf,
  collectionPath,
  defineResource,
  objectPath,
  type ResourceDefinition,
  type Subresource,
} from './resource-definition.ts';
export {
  type ControllerOptions,
  type ControllerSource,
  done,
  type ReconcileResult,
  requeueAfter,
  runController,
  watchStore,
} from './run-controller.ts';
export { type Change, type ChangeListener, type IndexFunction, Store, type StoreOptions, type StoreReader } from './store.ts';
export type { ContentType, KubeRequest, Query, StreamRequest, Transport } from './transport.ts';
export type { Wire } from './wire.ts';
export { WorkQueue, type WorkQueueOptions } from './work-queue.ts';
