import type { Build, Job } from './records.ts';
import { buildOf, type World } from './world.ts';

/**
 * The environment of a job as the service gives it to the agent. Later wins: the pipeline's and the build's own
 * variables, the step's, then Buildkite's (which nobody can override).
 */
export function jobEnvironment(world: World, job: Job): Record<string, string> {
  const build = buildOf(world, job);
  return definedOnly({
    ...build.env,
    ...job.variant?.env,
    ...buildVariables(world, build),
    ...stepVariables(job),
    ...jobVariables(world, build, job),
    ...agentVariables(job),
  });
}

type Variables = Record<string, string | undefined>;

function buildVariables(world: World, build: Build): Variables {
  const pipeline = world.pipelines.get(build.pipelineSlug);
  const { name, email } = build.creator;
  return {
    BUILDKITE: 'true',
    CI: 'true',
    BUILDKITE_ORGANIZATION_SLUG: world.organization.slug,
    BUILDKITE_ORGANIZATION_ID: world.organization.id,
    BUILDKITE_CLUSTER_ID: build.clusterId,
    BUILDKITE_CLUSTER_NAME: world.clusters.get(build.clusterId)?.name,
    BUILDKITE_PIPELINE_ID: pipeline?.id,
    BUILDKITE_PIPELINE_SLUG: build.pipelineSlug,
    BUILDKITE_PIPELINE_NAME: pipeline?.name,
    BUILDKITE_PIPELINE_DEFAULT_BRANCH: pipeline?.defaultBranch,
    BUILDKITE_PIPELINE_PROVIDER: 'git',
    BUILDKITE_PROJECT_SLUG: `${world.organization.slug}/${build.pipelineSlug}`,
    BUILDKITE_PROJECT_PROVIDER: 'git',
    BUILDKITE_BUILD_ID: build.id,
    BUILDKITE_BUILD_NUMBER: String(build.number),
    BUILDKITE_BUILD_URL: buildUrl(world, build),
    BUILDKITE_BUILD_CREATOR: name,
    BUILDKITE_BUILD_CREATOR_EMAIL: email,
    BUILDKITE_BUILD_AUTHOR: name,
    BUILDKITE_BUILD_AUTHOR_EMAIL: email,
    BUILDKITE_BRANCH: build.branch,
    BUILDKITE_COMMIT: build.commit,
    BUILDKITE_MESSAGE: build.message,
    BUILDKITE_REPO: build.repository,
    BUILDKITE_TAG: build.tag ?? '',
    BUILDKITE_SOURCE: build.source,
    BUILDKITE_PULL_REQUEST: build.pullRequest ?? 'false',
    BUILDKITE_PULL_REQUEST_BASE_BRANCH: '',
    BUILDKITE_PULL_REQUEST_REPO: '',
    BUILDKITE_REBUILT_FROM_BUILD_ID: '',
    BUILDKITE_REBUILT_FROM_BUILD_NUMBER: '',
    BUILDKITE_TRIGGERED_FROM_BUILD_ID: '',
    BUILDKITE_TRIGGERED_FROM_BUILD_NUMBER: '',
    BUILDKITE_TRIGGERED_FROM_BUILD_PIPELINE_SLUG: '',
  };
}

function stepVariables({ step, variant }: Job): Variables {
  const { definition, group } = step;
  if (definition.type !== 'command') return {};
  return {
    BUILDKITE_STEP_ID: step.id,
    BUILDKITE_STEP_KEY: definition.key ?? '',
    BUILDKITE_STEP_IDENTIFIER: definition.key ?? '',
    BUILDKITE_ARTIFACT_PATHS: definition.artifactPaths ?? '',
    BUILDKITE_TIMEOUT: definition.timeoutInMinutes === undefined ? 'false' : String(definition.timeoutInMinutes),
    BUILDKITE_IMAGE: definition.image,
    BUILDKITE_PLUGINS: variant === undefined || variant.plugins.length === 0 ? undefined : pluginsJson(variant.plugins),
    BUILDKITE_GROUP_ID: group?.id,
    BUILDKITE_GROUP_KEY: group?.definition.key,
    BUILDKITE_GROUP_LABEL: group?.definition.label,
    BUILDKITE_CONCURRENCY_GROUP: definition.concurrency?.group,
    ...(variant?.parallel && {
      BUILDKITE_PARALLEL_JOB: String(variant.parallel.index),
      BUILDKITE_PARALLEL_JOB_COUNT: String(variant.parallel.count),
    }),
  };
}

function jobVariables(world: World, build: Build, job: Job): Variables {
  return {
    BUILDKITE_JOB_ID: job.id,
    BUILDKITE_JOB_URL: `${buildUrl(world, build)}#${job.id}`,
    BUILDKITE_COMMAND: job.variant?.command ?? '',
    BUILDKITE_SCRIPT_PATH: job.variant?.command ?? '',
    BUILDKITE_LABEL: job.label ?? '',
    BUILDKITE_RETRY_COUNT: String(job.retriesCount),
    BUILDKITE_RETRY_TYPE: job.retryType,
  };
}

function agentVariables({ agent, queueKey }: Job): Variables {
  if (agent === undefined) return { BUILDKITE_AGENT_META_DATA_QUEUE: queueKey };
  const tags = agent.metaData.map(tag => {
    const at = tag.indexOf('=');
    const [key, value] = at === -1 ? [tag, 'true'] : [tag.slice(0, at), tag.slice(at + 1)];
    return [`BUILDKITE_AGENT_META_DATA_${key.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`, value] as const;
  });
  return {
    BUILDKITE_AGENT_META_DATA_QUEUE: agent.queueKey,
    ...Object.fromEntries(tags),
    BUILDKITE_AGENT_ID: agent.id,
    BUILDKITE_AGENT_NAME: agent.name,
  };
}

/** Where a person would look at the build; the simulator answers there with the build as JSON. */
export function buildUrl(world: World, build: Build): string {
  return `${world.baseUrl()}/${world.organization.slug}/${build.pipelineSlug}/builds/${build.number}`;
}

function pluginsJson(plugins: readonly { readonly source: string; readonly config: unknown }[]): string {
  return JSON.stringify(plugins.map(({ source, config }) => ({ [source]: config })));
}

function definedOnly(variables: Variables): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
