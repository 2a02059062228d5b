import type { FaultList } from '../domain/faults.ts';
import type { World } from '../domain/world.ts';
import type { LogStore } from '../storage/log-store.ts';

/** What the HTTP layers work on. */
export interface SimulatorContext {
  readonly world: World;
  readonly faults: FaultList;
  readonly logs: LogStore;
  /** Forgets builds, agents, faults and referee entries; clusters, their tokens and secrets, and settings stay. */
  readonly reset: () => Promise<void>;
}
