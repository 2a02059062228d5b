import type { DownloadSigner } from '../domain/artifacts.ts';
import type { FaultList } from '../domain/faults.ts';
import type { OidcIssuer } from '../domain/oidc.ts';
import type { World } from '../domain/world.ts';
import type { ArtifactStore } from '../storage/artifact-store.ts';
import type { LogStore } from '../storage/log-store.ts';

/** What the HTTP layers work on. */
export interface SimulatorContext {
  readonly world: World;
  readonly faults: FaultList;
  readonly logs: LogStore;
  readonly artifacts: ArtifactStore;
  readonly downloads: DownloadSigner;
  readonly oidc: OidcIssuer;
}
