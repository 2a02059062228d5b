import type { FaultList } from './faults.ts';
import { setDispatchPaused } from './stacks.ts';
import type { World } from './world.ts';

interface Resettable {
  readonly world: World;
  readonly faults: FaultList;
}

/**
 * Forgets builds, agents, faults and referee entries, as if the simulator had just been started. Clusters with their
 * tokens and secrets, registered stacks, pipelines with their build numbers, and settings stay; paused queues go on.
 */
export function resetWorld({ world, faults }: Resettable): void {
  const jobIds = [...world.jobs.keys()];
  const artifactIds = [...world.artifacts.keys()];
  world.builds.clear();
  world.steps.clear();
  world.jobs.clear();
  world.openJobs.clear();
  world.agents.clear();
  world.artifacts.clear();
  world.artifactUploads.clear();
  for (const [token, { kind }] of world.tokens) if (kind !== 'registration') world.tokens.delete(token);
  for (const { queues } of world.clusters.values()) for (const queue of queues.values()) setDispatchPaused(world, queue, false);
  world.rateLimiter.clear();
  world.referee.clear();
  faults.clear();
  world.events.emit('forgotten', jobIds, artifactIds);
}
