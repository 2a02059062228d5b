import { randomUUID } from 'node:crypto';
import type { PipelineDefinition } from '../pipeline/definition.ts';
import { addSteps } from './add-steps.ts';
import { forgetOldBuilds } from './forget-builds.ts';
import { progressBuild } from './progress.ts';
import type { Build, Pipeline } from './records.ts';
import { Refusal } from './refusal.ts';
import { findCluster, type World } from './world.ts';

export interface PipelineRequest {
  readonly slug: string;
  readonly name?: string | undefined;
  readonly repository?: string | undefined;
  readonly defaultBranch?: string | undefined;
  /** Name or id; the first cluster if not given. */
  readonly cluster?: string | undefined;
}

/** Makes the pipeline, or brings an existing one up to date. */
export function upsertPipeline(world: World, request: PipelineRequest): Pipeline {
  const known = world.pipelines.get(request.slug);
  if (known !== undefined) {
    if (request.cluster !== undefined && findCluster(world, request.cluster).id !== known.clusterId) {
      throw new Refusal('conflict', `pipeline ${request.slug} belongs to another cluster; choose another slug`);
    }
    known.repository = request.repository ?? known.repository;
    known.defaultBranch = request.defaultBranch ?? known.defaultBranch;
    return known;
  }
  const pipeline: Pipeline = {
    id: randomUUID(),
    slug: request.slug,
    name: request.name ?? request.slug,
    clusterId: findCluster(world, request.cluster).id,
    repository: request.repository ?? '',
    defaultBranch: request.defaultBranch ?? 'main',
    nextBuildNumber: 1,
  };
  world.pipelines.set(pipeline.slug, pipeline);
  return pipeline;
}

export interface BuildRequest {
  readonly pipelineSlug: string;
  readonly definition: PipelineDefinition;
  readonly branch?: string | undefined;
  readonly commit?: string | undefined;
  readonly message?: string | undefined;
  readonly repository?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly metaData?: Readonly<Record<string, string>> | undefined;
  readonly source?: string | undefined;
  readonly tag?: string | undefined;
  readonly pullRequest?: string | undefined;
  readonly creator?: { readonly name: string; readonly email: string } | undefined;
}

/** Makes a build of a pipeline that exists and lets its first jobs be scheduled. */
export function createBuild(world: World, request: BuildRequest): Build {
  const pipeline = world.pipelines.get(request.pipelineSlug);
  if (pipeline === undefined) throw new Refusal('not-found', `no pipeline ${request.pipelineSlug}; create it first`);
  const build: Build = {
    id: randomUUID(),
    number: pipeline.nextBuildNumber,
    pipelineSlug: pipeline.slug,
    clusterId: pipeline.clusterId,
    branch: request.branch ?? pipeline.defaultBranch,
    commit: request.commit ?? 'HEAD',
    message: request.message ?? `Build ${pipeline.nextBuildNumber}`,
    repository: request.repository ?? pipeline.repository,
    source: request.source ?? 'api',
    tag: request.tag,
    pullRequest: request.pullRequest,
    creator: request.creator ?? { name: 'Simulated Person', email: 'person@example.com' },
    // What the build is given wins over what its pipeline says.
    env: { ...request.definition.env, ...request.env },
    steps: [],
    metaData: new Map(Object.entries(request.metaData ?? {})),
    annotations: new Map(),
    uploads: new Map(),
    state: 'scheduled',
    createdAt: world.clock.now(),
  };
  world.builds.set(build.id, build);
  try {
    addSteps(world, build, request.definition.steps, { index: 0 });
  } catch (error) {
    world.builds.delete(build.id);
    throw error;
  }
  pipeline.nextBuildNumber += 1;
  progressBuild(world, build);
  forgetOldBuilds(world);
  return build;
}
