import type { BuildJobSpec, EnvVar, ResourceRequirements, Toleration, VolumeMount } from '@buildkite-operator/crds';
import type { JsonObject } from '@buildkite-operator/crds/toolkit';
import type { Interposer } from './interposer.ts';

/** The `kubernetes` block after its schema has taken it: what the mapping looks into. Every key is the official controller's. */
export interface KubernetesPlugin {
  readonly podSpec?: PluginPodSpec;
  readonly podTemplate?: string;
  readonly podSpecPatch?: JsonObject;
  readonly sidecars?: readonly PluginContainer[];
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly extraVolumeMounts?: readonly VolumeMount[];
  readonly gitEnvFrom?: readonly JsonObject[];
  readonly checkout?: PluginCheckout;
  readonly commandParams?: ContainerParams & { readonly interposer?: Interposer | '' };
  readonly sidecarParams?: ContainerParams;
  readonly jobActiveDeadlineSeconds?: number;
}

export interface ContainerParams {
  readonly envFrom?: readonly JsonObject[];
  readonly extraVolumeMounts?: readonly VolumeMount[];
}

export interface PluginCheckout extends ContainerParams {
  readonly skip?: boolean;
  readonly cloneFlags?: string;
  readonly fetchFlags?: string;
  readonly cleanFlags?: string;
  readonly checkoutFlags?: string;
  readonly noSubmodules?: boolean;
  readonly submoduleCloneConfig?: string[];
  readonly gitMirrors?: NonNullable<BuildJobSpec['checkout']>['gitMirrors'];
  readonly gitCredentialsSecret?: {
    readonly secretName?: string;
    readonly items?: readonly { readonly key?: string; readonly path?: string; readonly mode?: number }[];
    readonly defaultMode?: number;
    readonly optional?: boolean;
  };
}

/** A PodSpec with its fields still as Kubernetes knows them. */
export interface PluginPodSpec extends JsonObject {
  readonly activeDeadlineSeconds?: number;
  readonly containers?: readonly PluginContainer[];
  readonly initContainers?: readonly PluginContainer[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly priorityClassName?: string;
  readonly restartPolicy?: string;
  readonly runtimeClassName?: string;
  readonly serviceAccount?: string;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly tolerations?: Toleration[];
  readonly topologySpreadConstraints?: Record<string, unknown>[];
  readonly volumes?: readonly JsonObject[];
}

/** A container of a pod. */
export interface PluginContainer extends JsonObject {
  readonly name?: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly JsonObject[];
  readonly volumeMounts?: readonly VolumeMount[];
  readonly resources?: ResourceRequirements & { readonly claims?: readonly JsonObject[] };
  readonly restartPolicy?: string;
}
