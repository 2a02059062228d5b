import { z } from 'zod';
import { podTypeSchema } from '../pod-types/pod-type-schema.ts';
import { interposers } from './interposer.ts';

const texts = z.record(z.string(), z.string());
const flags = z.string().optional();
const envFrom = z.array(podTypeSchema('EnvFromSource')).optional();
const volumeMounts = z.array(podTypeSchema('VolumeMount')).optional();

/** Parts of the `kubernetes` block that are objects of the plugin's own. */
const pluginObjects = {
  metadata: z.strictObject({ labels: texts.optional(), annotations: texts.optional() }),
  checkout: z.strictObject({
    skip: z.boolean().optional(),
    cloneFlags: flags,
    fetchFlags: flags,
    cleanFlags: flags,
    checkoutFlags: flags,
    noSubmodules: z.boolean().optional(),
    submoduleCloneConfig: z.array(z.string()).optional(),
    gitMirrors: z
      .strictObject({
        path: z.string().optional(),
        volume: podTypeSchema('Volume').optional(),
        cloneFlags: flags,
        lockTimeout: z.int().optional(),
        skipUpdate: z.boolean().optional(),
      })
      .optional(),
    gitCredentialsSecret: podTypeSchema('SecretVolumeSource').optional(),
    envFrom,
    extraVolumeMounts: volumeMounts,
  }),
  commandParams: z.strictObject({ interposer: z.enum(['', ...interposers]).optional(), envFrom, extraVolumeMounts: volumeMounts }),
  sidecarParams: z.strictObject({ envFrom, extraVolumeMounts: volumeMounts }),
} as const;

/** The `kubernetes` block as the official controller documents it, without its leniency: no key is unknown, and no type wrong. */
export const kubernetesBlock = z.strictObject({
  podSpec: podTypeSchema('PodSpec').optional(),
  podTemplate: z.string().optional(),
  podSpecPatch: podTypeSchema('PodSpec', 'patch').optional(),
  sidecars: z.array(podTypeSchema('Container')).optional(),
  metadata: pluginObjects.metadata.optional(),
  extraVolumeMounts: volumeMounts,
  gitEnvFrom: envFrom,
  checkout: pluginObjects.checkout.optional(),
  commandParams: pluginObjects.commandParams.optional(),
  sidecarParams: pluginObjects.sidecarParams.optional(),
  jobActiveDeadlineSeconds: z.int().min(1).max(2_147_483_647).optional(),
});

/** The keys of the block. */
export const kubernetesKeys: readonly string[] = Object.keys(kubernetesBlock.shape);

/** For each object of the plugin's own, by its path, the keys that it has. */
export const pluginObjectKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['', kubernetesKeys],
  ...Object.entries(pluginObjects).map(([name, schema]) => [name, Object.keys(schema.shape)] as const),
  ['checkout.gitMirrors', ['path', 'volume', 'cloneFlags', 'lockTimeout', 'skipUpdate']],
]);

/** For each key of the block that holds a part of a pod, by its path, the type of it. */
export const podTypeByKey: ReadonlyMap<string, string> = new Map([
  ['podSpec', 'PodSpec'],
  ['podSpecPatch', 'PodSpec'],
  ['podTemplate', 'PodSpec'],
  ['sidecars', 'Container'],
  ['extraVolumeMounts', 'VolumeMount'],
  ['gitEnvFrom', 'EnvFromSource'],
  ['checkout.gitCredentialsSecret', 'SecretVolumeSource'],
  ['checkout.gitMirrors.volume', 'Volume'],
  ...['checkout', 'commandParams', 'sidecarParams'].flatMap(owner => [
    [`${owner}.envFrom`, 'EnvFromSource'] as const,
    [`${owner}.extraVolumeMounts`, 'VolumeMount'] as const,
  ]),
]);
