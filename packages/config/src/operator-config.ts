import { dnsLabel } from '@buildkite-operator/crds/toolkit';
import { z } from 'zod';
import { admission } from './admission.ts';
import { environmentDefaults } from './environment-defaults.ts';
import { jobSpawnerConfig } from './job-spawner-config.ts';
import { podDefaults } from './pod-defaults.ts';
import { policy } from './policy.ts';

/** The ConfigMap's name, unless the services are told another. */
export const defaultConfigMapName = 'buildkite-operator-config';

/** Key of the one value that is plain text. */
export const jobNamespaceKey = 'job_namespace';

/** Plain text. */
export const jobNamespace = dnsLabel
  .optional()
  .meta({ description: "Namespace of the BuildJobs and their pods. The operator's own when unset." });

/** The keys that hold YAML. */
export const configSections = {
  pod_defaults: podDefaults,
  job_spawner_config: jobSpawnerConfig,
  admission,
  environment_defaults: environmentDefaults,
  policy,
} as const;

export type ConfigSection = keyof typeof configSections;

/** The whole configuration of the operator. */
export const configSchema = z.object({ [jobNamespaceKey]: jobNamespace, ...configSections });

type SectionInput<Name extends ConfigSection> = Partial<z.input<(typeof configSections)[Name]>>;

/** Parts of a configuration as one writes them, to be laid over others. */
export type ConfigInput = { readonly [Name in ConfigSection]?: SectionInput<Name> } & {
  readonly [jobNamespaceKey]?: string;
};

/** The configuration with every default filled in. The names are those of the ConfigMap. */
export type OperatorConfig = Omit<z.output<typeof configSchema>, typeof jobNamespaceKey> & {
  readonly [jobNamespaceKey]: string;
};
