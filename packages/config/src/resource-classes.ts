import { nodePreferences, nodeRequirements, nodeSelector, resourceRequirements, tolerations } from '@buildkite-operator/crds/toolkit';
import { z } from 'zod';

const resourceClass = z
  .object({
    resources: resourceRequirements.optional().meta({ description: "CPU, memory and other resources of the command's container." }),
    podResources: resourceRequirements.optional().meta({ description: 'CPU, memory and other resources of the pod as a whole.' }),
    nodeSelector: nodeSelector.optional(),
    tolerations: tolerations.optional(),
    jobNodeRequirements: nodeRequirements.optional(),
    jobNodePreferences: nodePreferences.optional(),
  })
  .meta({ description: 'A size of jobs.' });

/** The sizes that a step may choose, by name. */
export const resourceClasses = z.record(
  z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^,\s]+$/, 'must be the value of an agent tag, without commas and spaces'),
  resourceClass,
);
