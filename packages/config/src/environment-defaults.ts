import {
  additionalContainer,
  containerFields,
  labelValue,
  qualifiedName,
  resourceRequirements,
  tolerations,
} from '@buildkite-operator/crds/toolkit';
import { z } from 'zod';

const containers = z.array(additionalContainer).max(20);

/** What every BuildEnvironment gets. */
export const environmentDefaults = z
  .object({
    initContainers: containers
      .default([])
      .meta({ description: 'Containers that run to their end before the job starts, before those of the environment.' }),
    extraContainers: containers.default([]).meta({ description: 'Sidecars that run beside the job, besides those of the environment.' }),
    tolerations: tolerations.default([]).meta({ description: 'Taints that the pod accepts, besides those of the environment.' }),
    podLabels: z
      .record(qualifiedName, labelValue)
      .default({})
      .meta({ description: "Labels for the pod; the environment's win.", maxProperties: 50 }),
    podAnnotations: z
      .record(qualifiedName, z.string().max(65_536))
      .default({})
      .meta({ description: "Annotations for the pod; the environment's win.", maxProperties: 50 }),
    resources: resourceRequirements
      .optional()
      .meta({ description: "CPU, memory and other resources of the environment's container where it gives none." }),
    imagePullPolicy: containerFields.imagePullPolicy.meta({
      description: "When the image of the environment's container is pulled where it does not say.",
    }),
  })
  .meta({ description: 'What every BuildEnvironment gets when it is stored.' });

export type EnvironmentDefaults = z.output<typeof environmentDefaults>;

/** What the schema cannot say of the containers and tolerations: the path below `environment_defaults`, and what is wrong. */
export function environmentDefaultsProblems(value: EnvironmentDefaults): { path: (string | number)[]; problem: string }[] {
  return [
    ...containerProblems('initContainers', value.initContainers),
    ...containerProblems('extraContainers', value.extraContainers),
    ...value.initContainers.flatMap((container, index) =>
      probeFields
        .filter(field => container[field] !== undefined)
        .map(field => ({ path: ['initContainers', index, field], problem: 'is for sidecars: move the container to extraContainers' })),
    ),
    ...value.tolerations.flatMap((toleration, index) => tolerationProblems(toleration, index)),
  ];
}

const probeFields = ['startupProbe', 'livenessProbe', 'readinessProbe', 'lifecycle'] as const;

function containerProblems(list: 'initContainers' | 'extraContainers', containers: EnvironmentDefaults['initContainers']) {
  const seen = new Set<string>();
  return containers.flatMap(({ name, environment, image }, index) => {
    const path = [list, index];
    if (environment === undefined && (name === undefined || image === undefined))
      return [{ path, problem: 'must name an environment, or have the name and image of a container' }];
    const own = name ?? environment ?? '';
    if (seen.has(own)) return [{ path, problem: `is the second container named ${own}: give each a name of its own` }];
    seen.add(own);
    return [];
  });
}

function tolerationProblems(
  { key = '', operator, value, effect, tolerationSeconds }: EnvironmentDefaults['tolerations'][number],
  index: number,
) {
  const path = ['tolerations', index];
  return [
    ...(operator === 'Exists' && (value ?? '') !== ''
      ? [{ path: [...path, 'value'], problem: 'must be left out with operator Exists' }]
      : []),
    ...(key === '' && operator !== 'Exists'
      ? [{ path: [...path, 'key'], problem: 'may be empty with operator Exists only: name a taint' }]
      : []),
    ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
      ? [{ path: [...path, 'tolerationSeconds'], problem: 'is for effect NoExecute only: leave it out' }]
      : []),
  ];
}
