import type { FaultList } from './faults.ts';
import type { World } from './world.ts';

interface Resettable {
  readonly world: World;
  readonly faults: FaultList;
}

/**
 * Forgets builds, agents, faults and referee entries, as if the simulator had just been started. Clusters with their
 * tokens and secrets, pipelines with their build numbers, and settings stay.
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
  world.referee.clear();
  faults.clear();
  world.events.emit('forgotten', jobIds, artifactIds);
}
