import { jobPriority } from '../domain/agents.ts';
import { jobEnvironment } from '../domain/job-environment.ts';
import type { Job } from '../domain/records.ts';
import type { World } from '../domain/world.ts';

/** A job as an agent gets it when it acquires or accepts it. */
export function jobPayload(world: World, job: Job) {
  const { chunksMaxSizeBytes, chunksIntervalSeconds, logMaxSizeBytes } = world.settings;
  return {
    id: job.id,
    endpoint: `${world.baseUrl()}/v3`,
    state: job.state,
    env: jobEnvironment(world, job),
    step: stepPayload(job),
    matrix_permutation: job.variant?.permutation ?? null,
    chunks_max_size_bytes: chunksMaxSizeBytes,
    chunks_interval_seconds: chunksIntervalSeconds,
    log_max_size_bytes: logMaxSizeBytes,
    token: job.token,
    exit_status: '',
    signal: '',
    signal_reason: '',
    started_at: '',
    finished_at: '',
    runnable_at: new Date(job.timeline.scheduledAt ?? job.timeline.createdAt).toISOString(),
    chunks_failed_count: 0,
    traceparent: '',
    tracestate: '',
    priority: jobPriority(job),
  };
}

const stepMembers = ['key', 'signature', 'secrets', 'cache', 'checkout', 'matrix'] as const;

function stepPayload({ step: { definition }, variant }: Job) {
  return {
    ...Object.fromEntries(stepMembers.filter(name => definition.raw[name] !== undefined).map(name => [name, definition.raw[name]])),
    command: variant?.command ?? '',
    env: variant?.env ?? {},
    plugins: variant?.plugins.map(({ source, config }) => ({ [source]: config })) ?? [],
  };
}
