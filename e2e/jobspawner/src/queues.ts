import type { ConfigInput } from '@buildkite-operator/config';

/** The queues of this area, each of which one test file has for itself, and how many jobs each may have at once. */
const places = {
  'bk-operator': 8,
  backlog: 2,
  cancelled: 16,
  endings: 8,
  fair: 2,
  foreign: 4,
  full: 1,
  'full-of-notices': 1,
  'kubernetes-plugin': 8,
  'long-commands': 4,
  notices: 8,
  paused: 4,
  pipelines: 6,
  priority: 1,
  registration: 4,
  renewed: 6,
} as const;

export type Queue = keyof typeof places;

/** All of them. The first is the usual one. */
export const queues = Object.keys(places) as Queue[];

const [queue, ...furtherQueues] = queues;

/** The configuration by which the jobspawner follows them. */
export const jobSpawnerConfig: NonNullable<ConfigInput['job_spawner_config']> = {
  queue,
  furtherQueues,
  tags: { region: 'north' },
  idlePollSeconds: 1,
  maxJobs: 150,
  maxJobsPerQueue: places,
  // Shorter than many a job waits here, so that all of them live on extended ones.
  reservationSeconds: 30,
  pipelineLimits: { 'single-*': 1 },
  resourceClasses: { small: { resources: { limits: { memory: '160Mi' } } } },
};
