import { randomBytes, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Clock } from '@buildkite-operator/service';
import { RateLimiter } from './rate-limits.ts';
import type { Agent, Artifact, Build, Cluster, Job, Pipeline, Queue, Stack, Step } from './records.ts';
import { Referee } from './referee.ts';
import { Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';

/** Whose token it is. */
export type TokenHolder =
  | { readonly kind: 'registration'; readonly cluster: Cluster }
  | { readonly kind: 'agent'; readonly agent: Agent }
  | { readonly kind: 'job'; readonly job: Job; readonly agent: Agent };

export type TokenKind = TokenHolder['kind'];

/** Something changed; `id` is that of the job, build or agent. */
export interface WorldEvents {
  job: [job: Job];
  log: [job: Job];
  build: [build: Build];
  /** Jobs and artifacts were forgotten; their files may go. */
  forgotten: [jobIds: readonly string[], artifactIds: readonly string[]];
}

/** Everything that this Buildkite knows, in memory. Functions of the other domain files work on it. */
export interface World {
  readonly clock: Clock;
  settings: Settings;
  readonly organization: { readonly id: string; readonly slug: string; readonly name: string };
  /** Base URL that agents are told, without a path. */
  readonly baseUrl: () => string;
  readonly clusters: Map<string, Cluster>;
  readonly tokens: Map<string, TokenHolder>;
  readonly pipelines: Map<string, Pipeline>;
  readonly builds: Map<string, Build>;
  readonly steps: Map<string, Step>;
  readonly jobs: Map<string, Job>;
  /** Jobs that no agent has yet: `scheduled` and `reserved`. */
  readonly openJobs: Set<Job>;
  readonly agents: Map<string, Agent>;
  readonly artifacts: Map<string, Artifact>;
  /** By the token in their upload URL. */
  readonly artifactUploads: Map<string, Artifact>;
  readonly repositoryTokens: Map<string, string>;
  /** By their key. */
  readonly stacks: Map<string, Stack>;
  readonly rateLimiter: RateLimiter;
  /** Registration tokens that were good once. To use one is refused, but breaks no rule: its owner cannot know. */
  readonly revokedTokens: Set<string>;
  nextJobOrdinal: number;
  readonly referee: Referee;
  readonly events: EventEmitter<WorldEvents>;
}

export interface WorldOptions {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly organizationSlug?: string | undefined;
  readonly baseUrl: () => string;
}

export function createWorld({ clock, settings, organizationSlug = 'simulated', baseUrl }: WorldOptions): World {
  const events = new EventEmitter<WorldEvents>();
  events.setMaxListeners(0);
  const world: World = {
    clock,
    settings,
    organization: { id: randomUUID(), slug: organizationSlug, name: organizationSlug },
    baseUrl,
    clusters: new Map(),
    tokens: new Map(),
    pipelines: new Map(),
    builds: new Map(),
    steps: new Map(),
    jobs: new Map(),
    openJobs: new Set(),
    agents: new Map(),
    artifacts: new Map(),
    artifactUploads: new Map(),
    repositoryTokens: new Map(),
    stacks: new Map(),
    rateLimiter: new RateLimiter(clock, () => world.settings.stackRateLimitFactor),
    revokedTokens: new Set(),
    nextJobOrdinal: 1,
    referee: new Referee(
      () => clock.now(),
      () => world.settings.maxRefereeEntries,
    ),
    events,
  };
  return world;
}

/** The key of the queue that jobs and agents without a `queue` tag belong to. */
export const defaultQueueKey = 'default';

/** Adds a cluster with a default queue and one registration token. */
export function addCluster(world: World, name: string, registrationToken = newToken('bkct')): Cluster {
  const cluster: Cluster = {
    id: randomUUID(),
    name,
    queues: new Map(),
    registrationTokens: new Set([registrationToken]),
    secrets: new Map(),
  };
  world.clusters.set(cluster.id, cluster);
  world.tokens.set(registrationToken, { kind: 'registration', cluster });
  ensureQueue(cluster, defaultQueueKey);
  return cluster;
}

/** The queue of the cluster, made if there is none. */
export function ensureQueue(cluster: Cluster, key: string): Queue {
  const known = cluster.queues.get(key);
  if (known !== undefined) return known;
  const queue: Queue = { id: randomUUID(), key, dispatchPaused: false };
  cluster.queues.set(key, queue);
  return queue;
}

/** Adds another registration token, for an agent or a stack. Refused when it is in use. */
export function addRegistrationToken(world: World, cluster: Cluster, token = newToken('bkct')): string {
  if (world.tokens.has(token)) throw new Refusal('conflict', 'this token is already in use; choose another');
  cluster.registrationTokens.add(token);
  world.tokens.set(token, { kind: 'registration', cluster });
  world.revokedTokens.delete(token);
  return token;
}

/** Ends a registration token: from now on it is answered 401. Agents that have registered with it stay. */
export function revokeRegistrationToken(world: World, token: string): void {
  const holder = world.tokens.get(token);
  if (holder?.kind !== 'registration') throw new Refusal('not-found', 'there is no such registration token');
  holder.cluster.registrationTokens.delete(token);
  world.tokens.delete(token);
  world.revokedTokens.add(token);
}

/** A token that nobody can guess, e.g. `bkct_…` for a cluster. */
export function newToken(prefix: string): string {
  return `${prefix}_${randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'x')}`;
}

/** Looks a cluster up by name or id. */
export function findCluster(world: World, nameOrId: string | undefined): Cluster {
  const clusters = [...world.clusters.values()];
  const found = nameOrId === undefined ? clusters[0] : clusters.find(({ id, name }) => id === nameOrId || name === nameOrId);
  if (found === undefined)
    throw new Refusal('not-found', `no cluster ${nameOrId}; there are ${clusters.map(({ name }) => name).join(', ')}`);
  return found;
}

export function requireJob(world: World, id: string): Job {
  const job = world.jobs.get(id);
  if (job === undefined) throw new Refusal('not-found', `no job ${id}`);
  return job;
}

/** Looks a build up by id, or by `pipeline/number`. */
export function requireBuild(world: World, idOrNumber: string): Build {
  const build =
    world.builds.get(idOrNumber) ??
    [...world.builds.values()].find(({ pipelineSlug, number }) => `${pipelineSlug}/${number}` === idOrNumber);
  if (build === undefined) throw new Refusal('not-found', `no build ${idOrNumber}`);
  return build;
}

export function buildOf(world: World, job: { readonly buildId: string }): Build {
  return requireBuild(world, job.buildId);
}

export function clusterOf(world: World, build: { readonly clusterId: string }): Cluster {
  return findCluster(world, build.clusterId);
}
