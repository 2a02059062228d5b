import type {
  EventsV1Event,
  V1ConfigMap,
  V1CustomResourceDefinition,
  V1Deployment,
  V1Lease,
  V1Namespace,
  V1Node,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import { defineResource } from './resource-definition.ts';
import type { Wire } from './wire.ts';

export type ConfigMap = Wire<V1ConfigMap>;
export type CustomResourceDefinition = Wire<V1CustomResourceDefinition>;
export type Deployment = Wire<V1Deployment>;
export type Event = Wire<EventsV1Event>;
export type Lease = Wire<V1Lease>;
export type Namespace = Wire<V1Namespace>;
export type Node = Wire<V1Node>;
export type PersistentVolumeClaim = Wire<V1PersistentVolumeClaim>;
export type Pod = Wire<V1Pod>;
export type Secret = Wire<V1Secret>;
export type Service = Wire<V1Service>;
export type ServiceAccount = Wire<V1ServiceAccount>;
export type ValidatingWebhookConfiguration = Wire<V1ValidatingWebhookConfiguration>;

const core = { group: '', version: 'v1', namespaced: true } as const;

/** The built-in kinds that the operator and its tests use. Their objects are raw JSON: unknown fields survive. */
export const builtin = {
  configMaps: defineResource<ConfigMap>({ ...core, kind: 'ConfigMap', plural: 'configmaps' }),
  customResourceDefinitions: defineResource<CustomResourceDefinition>({
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    namespaced: false,
  }),
  deployments: defineResource<Deployment>({ group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true }),
  events: defineResource<Event>({ group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', namespaced: true }),
  leases: defineResource<Lease>({ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true }),
  namespaces: defineResource<Namespace>({ ...core, kind: 'Namespace', plural: 'namespaces', namespaced: false }),
  nodes: defineResource<Node>({ ...core, kind: 'Node', plural: 'nodes', namespaced: false }),
  persistentVolumeClaims: defineResource<PersistentVolumeClaim>({
    ...core,
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
  }),
  pods: defineResource<Pod>({ ...core, kind: 'Pod', plural: 'pods' }),
  secrets: defineResource<Secret>({ ...core, kind: 'Secret', plural: 'secrets' }),
  serviceAccounts: defineResource<ServiceAccount>({ ...core, kind: 'ServiceAccount', plural: 'serviceaccounts' }),
  services: defineResource<Service>({ ...core, kind: 'Service', plural: 'services' }),
  validatingWebhookConfigurations: defineResource<ValidatingWebhookConfiguration>({
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    kind: 'ValidatingWebhookConfiguration',
    plural: 'validatingwebhookconfigurations',
    namespaced: false,
  }),
};
