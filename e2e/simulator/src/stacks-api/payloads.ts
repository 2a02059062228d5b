import { jobPriority } from '../domain/agents.ts';
import type { Job, Stack } from '../domain/records.ts';
import { stackState } from '../domain/stacks.ts';
import { buildOf, type World } from '../domain/world.ts';

/** A stack as it is answered to its registration. */
export function stackPayload(world: World, stack: Stack) {
  return {
    id: stack.id,
    organization_uuid: world.organization.id,
    key: stack.key,
    type: stack.type,
    cluster_queue_key: stack.queueKey,
    metadata: stack.metadata,
    last_connected_on: new Date(stack.lastConnectedAt).toISOString(),
    state: stackState(world, stack),
  };
}

/** A job in the list of scheduled jobs: without its environment and its command. */
export function scheduledJobPayload(world: World, job: Job) {
  const { id, number, branch, pipelineSlug } = buildOf(world, job);
  return {
    id: job.id,
    priority: jobPriority(job),
    agent_query_rules: job.variant?.agents ?? [],
    scheduled_at: new Date(job.timeline.scheduledAt ?? job.timeline.createdAt).toISOString(),
    pipeline: { slug: pipelineSlug, uuid: world.pipelines.get(pipelineSlug)?.id ?? null },
    build: { number, branch, uuid: id },
    step: { key: job.step.definition.key ?? null },
  };
}
