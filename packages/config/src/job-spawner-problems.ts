import { toStructuralSchema } from '@buildkite-operator/crds/toolkit';
import { kubernetesKeys, operatorKeys, resourceClassTag, structureFaults } from '@buildkite-operator/pipeline-settings';
import { type JobSpawnerConfig, jobSpawnerConfig } from './job-spawner-config.ts';

/** Something wrong at a path below `job_spawner_config`. */
export interface JobSpawnerProblem {
  readonly path: (string | number)[];
  readonly problem: string;
}

/** What the schema alone cannot say: fields that do not fit each other, and what Kubernetes would refuse of a resource class. */
export function jobSpawnerProblems(config: JobSpawnerConfig): JobSpawnerProblem[] {
  return [
    ...queueProblems(config),
    ...tagProblems(config),
    ...classProblems(config),
    ...keyProblems('buildkiteOperator', operatorKeys, config),
    ...keyProblems('kubernetes', kubernetesKeys, config),
    ...(config.pollSeconds > config.idlePollSeconds
      ? [{ path: ['pollSeconds'], problem: `must be at most idlePollSeconds (${config.idlePollSeconds})` }]
      : []),
  ];
}

function queueProblems({ queue, furtherQueues, maxJobsPerQueue }: JobSpawnerConfig): JobSpawnerProblem[] {
  const queues = [queue, ...furtherQueues];
  const twice = furtherQueues.flatMap((further, index) =>
    queues.indexOf(further) <= index ? [{ path: ['furtherQueues', index], problem: 'names a queue for the second time: remove it' }] : [],
  );
  const unknown = Object.keys(maxJobsPerQueue)
    .filter(limited => !queues.includes(limited))
    .map(limited => ({ path: ['maxJobsPerQueue', limited], problem: `is about no queue of ours: use one of ${queues.join(', ')}` }));
  return [...twice, ...unknown];
}

function tagProblems({ tags }: JobSpawnerConfig): JobSpawnerProblem[] {
  const advice: Readonly<Record<string, string>> = {
    queue: 'is told by queue and furtherQueues: remove it',
    [resourceClassTag]: 'is told by resourceClasses: remove it',
  };
  return Object.keys(tags).flatMap(tag => (Object.hasOwn(advice, tag) ? [{ path: ['tags', tag], problem: advice[tag] ?? '' }] : []));
}

const structure = toStructuralSchema(jobSpawnerConfig.shape.resourceClasses, 'resourceClasses');

function classProblems({ resourceClasses, defaultResourceClass }: JobSpawnerConfig): JobSpawnerProblem[] {
  const names = Object.keys(resourceClasses);
  const known = names.length === 0 ? 'define it in resourceClasses' : `use one of ${names.join(', ')}`;
  const unknownDefault =
    defaultResourceClass === undefined || names.includes(defaultResourceClass)
      ? []
      : [{ path: ['defaultResourceClass'], problem: `is no resource class: ${known}` }];
  const faults = structureFaults(structure, resourceClasses, ['resourceClasses']);
  return [...unknownDefault, ...faults.map(({ path, problem }) => ({ path: [...path], problem }))];
}

function keyProblems(
  plugin: 'buildkiteOperator' | 'kubernetes',
  known: readonly string[],
  { allowedKeys }: JobSpawnerConfig,
): JobSpawnerProblem[] {
  return (allowedKeys[plugin] ?? []).flatMap((key, index) =>
    known.includes(key)
      ? []
      : [{ path: ['allowedKeys', plugin, index], problem: `is no key of the plugin: use some of ${known.join(', ')}` }],
  );
}
