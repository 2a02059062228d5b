import { jobPriority } from '../domain/agents.ts';
import { buildUrl, jobEnvironment } from '../domain/job-environment.ts';
import type { Agent, Annotation, Artifact, Build, Cluster, Job } from '../domain/records.ts';
import { buildOf, type World } from '../domain/world.ts';
import type { AgentView, AnnotationView, ArtifactView, BuildView, ClusterView, JobDetail, JobView } from './contract.ts';

export function jobView(world: World, job: Job): JobView {
  const build = buildOf(world, job);
  const { step, variant, log, agent } = job;
  return {
    id: job.id,
    buildId: job.buildId,
    pipelineSlug: build.pipelineSlug,
    buildNumber: build.number,
    stepId: step.id,
    stepKey: step.definition.key,
    type: job.type,
    state: job.state,
    label: job.label,
    command: variant?.command ?? '',
    queue: job.queueKey,
    agentQueryRules: variant?.agents ?? [],
    priority: jobPriority(job),
    passed: job.passed,
    softFailed: job.softFailed,
    exitStatus: job.exitStatus,
    signal: job.signal,
    signalReason: job.signalReason,
    endedBy: job.endedBy,
    detail: job.detail,
    reservation: job.reservation && { stackKey: job.reservation.stackKey, until: job.reservation.until },
    notifications: job.notifications.length,
    promisedFailure: job.promisedFailure,
    retriesCount: job.retriesCount,
    retryType: job.retryType,
    retryOf: job.retryOf,
    retriedIn: job.retriedIn,
    parallel: variant?.parallel,
    matrix: variant?.permutation,
    agent: agent && { id: agent.id, name: agent.name },
    timeline: job.timeline,
    agentStartedAt: job.agentStartedAt,
    agentFinishedAt: job.agentFinishedAt,
    log: {
      size: log.size,
      contiguousSize: log.contiguousSize,
      chunks: log.chunks.length,
      chunksFailedCount: job.chunksFailedCount,
    },
  };
}

export function jobDetail(world: World, job: Job): JobDetail {
  return {
    ...jobView(world, job),
    env: jobEnvironment(world, job),
    logChunks: job.log.chunks.map(({ sequence, offset, size, receivedAt }) => ({ sequence, offset, size, receivedAt })),
    headerTimes: Object.fromEntries(job.headerTimes),
  };
}

export function buildView(world: World, build: Build): BuildView {
  return {
    id: build.id,
    number: build.number,
    pipelineSlug: build.pipelineSlug,
    url: buildUrl(world, build),
    state: build.state,
    branch: build.branch,
    commit: build.commit,
    message: build.message,
    repository: build.repository,
    source: build.source,
    env: build.env,
    metaData: Object.fromEntries(build.metaData),
    createdAt: build.createdAt,
    startedAt: build.startedAt,
    finishedAt: build.finishedAt,
    jobs: build.steps.flatMap(step => step.jobs.map(job => jobView(world, job))),
  };
}

export function agentView(agent: Agent): AgentView {
  return {
    id: agent.id,
    name: agent.name,
    state: agent.state,
    hostname: agent.hostname,
    version: agent.version,
    queue: agent.queueKey,
    metaData: agent.metaData,
    jobId: agent.job?.id,
    registeredAt: agent.registeredAt,
    lastSeenAt: agent.lastSeenAt,
  };
}

export function artifactView(artifact: Artifact): ArtifactView {
  const { id, buildId, jobId, path, state, fileSize, sha1sum, sha256sum, contentType, parts } = artifact;
  return { id, buildId, jobId, path, state, fileSize, sha1sum, sha256sum, contentType, parts };
}

export function annotationView(annotation: Annotation): AnnotationView {
  const { id, context, scope, jobId, style, body, priority } = annotation;
  return { id, context, scope, jobId, style, body, priority };
}

export function clusterView(cluster: Cluster): ClusterView {
  return {
    id: cluster.id,
    name: cluster.name,
    registrationTokens: [...cluster.registrationTokens],
    queues: [...cluster.queues.values()].map(({ key, dispatchPaused }) => ({ key, dispatchPaused })),
    secretKeys: [...cluster.secrets.keys()],
  };
}
