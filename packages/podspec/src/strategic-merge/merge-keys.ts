// Generated from the OpenAPI document of Kubernetes 1.35 by generate.ts; do not edit.
import type { MergeRules } from './merge-rule.ts';

/** Which fields of a pod template merge in other ways than plain objects do, by schema node. */
export const mergeRules = {
  Container: {
    env: { key: 'name' },
    ports: { key: 'containerPort' },
    volumeDevices: { key: 'devicePath' },
    volumeMounts: { key: 'mountPath' },
  },
  EphemeralContainer: {
    env: { key: 'name' },
    ports: { key: 'containerPort' },
    volumeDevices: { key: 'devicePath' },
    volumeMounts: { key: 'mountPath' },
  },
  EphemeralVolumeSource: {
    volumeClaimTemplate: { of: 'PersistentVolumeClaimTemplate' },
  },
  ObjectMeta: {
    finalizers: { set: true },
    ownerReferences: { key: 'uid' },
  },
  PersistentVolumeClaimTemplate: {
    metadata: { of: 'ObjectMeta' },
  },
  PodSpec: {
    containers: { key: 'name', of: 'Container' },
    ephemeralContainers: { key: 'name', of: 'EphemeralContainer' },
    hostAliases: { key: 'ip' },
    imagePullSecrets: { key: 'name' },
    initContainers: { key: 'name', of: 'Container' },
    resourceClaims: { key: 'name', retainKeys: true },
    schedulingGates: { key: 'name' },
    topologySpreadConstraints: { key: 'topologyKey' },
    volumes: { key: 'name', retainKeys: true, of: 'Volume' },
  },
  PodTemplateSpec: {
    metadata: { of: 'ObjectMeta' },
    spec: { of: 'PodSpec' },
  },
  Volume: {
    ephemeral: { of: 'EphemeralVolumeSource' },
  },
} as const satisfies Readonly<Record<string, MergeRules>>;

/** The schema nodes with such fields in or below them. */
export type MergeNode = keyof typeof mergeRules;
