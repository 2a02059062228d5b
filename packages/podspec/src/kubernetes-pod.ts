import type { Pod } from '@buildkite-operator/kube';

/** Kubernetes' own types of a pod, as its JSON stands on the wire. */
export type PodSpec = NonNullable<Pod['spec']>;
export type Container = PodSpec['containers'][number];
export type SecurityContext = NonNullable<Container['securityContext']>;
export type EnvVar = NonNullable<Container['env']>[number];
export type ResourceRequirements = NonNullable<Container['resources']>;
export type Volume = NonNullable<PodSpec['volumes']>[number];
export type Toleration = NonNullable<PodSpec['tolerations']>[number];
export type HostAlias = NonNullable<PodSpec['hostAliases']>[number];
export type TopologySpreadConstraint = NonNullable<PodSpec['topologySpreadConstraints']>[number];
export type Affinity = NonNullable<PodSpec['affinity']>;

/**
 * Gives a part of a BuildJob or BuildEnvironment its Kubernetes type. Such parts have Kubernetes' own field names and are passed on
 * as they are; whatever in them is wrong, the API server refuses when the pod is made.
 */
export function asKubernetes<Part extends object>(part: object): Part {
  return part as Part;
}
