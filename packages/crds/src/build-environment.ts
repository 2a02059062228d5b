import { z } from 'zod';
import { objectMeta } from './object-meta.ts';
import { containerFields, dnsSubdomain, nodePreferences, nodeRequirements, sharedSettings, verbatim, volumes } from './pod-parts.ts';

export const buildEnvironmentSpec = z
  .object({
    description: z.string().max(4096).optional().meta({ description: 'For people: what the environment is for.' }),
    container: z.object(containerFields).optional().meta({
      description:
        'The container that the environment describes: where the command runs, or the init container or sidecar that it serves as.',
    }),
    volumes: volumes.optional(),
    imagePullSecrets: z
      .array(z.object({ name: dnsSubdomain.meta({ description: 'Name of the Secret.' }) }))
      .max(20)
      .optional()
      .meta({
        description: 'Secrets with credentials for image registries.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    nodeRequirements: nodeRequirements.optional(),
    nodePreferences: nodePreferences.optional(),
    ...sharedSettings,
    podSecurityContext: verbatim("The pod's security context, as in a pod (fsGroup, sysctls, …).").optional(),
    hostAliases: z
      .array(verbatim('An entry of /etc/hosts: ip and hostnames.'))
      .max(100)
      .optional()
      .meta({ description: "Entries of the pod's /etc/hosts." }),
  })
  .meta({ description: 'A container environment, with what the pod needs for it.' });

/** A BuildEnvironment as the API server stores it. */
export const buildEnvironment = z.object({
  apiVersion: z.literal('buildkite-operator.io/v1alpha1'),
  kind: z.literal('BuildEnvironment'),
  metadata: objectMeta,
  spec: buildEnvironmentSpec,
});

export type BuildEnvironment = z.infer<typeof buildEnvironment>;
export type BuildEnvironmentSpec = z.infer<typeof buildEnvironmentSpec>;
