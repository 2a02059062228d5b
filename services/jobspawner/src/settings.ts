import { ledProcessSettings } from '@buildkite-operator/config';
import { z } from 'zod';

/** What the jobspawner must know before it can read its configuration, one environment variable each. */
export const jobSpawnerSettings = ledProcessSettings.extend({
  /** File with the agent token of Buildkite's cluster; read again when it changes. */
  AGENT_TOKEN_FILE: z.string().min(1),
  /** Shorter than elsewhere: Buildkite's jobs wait meanwhile. */
  LEASE_DURATION_SECONDS: ledProcessSettings.shape.LEASE_DURATION_SECONDS.unwrap().default(10),
});

export type JobSpawnerSettings = z.output<typeof jobSpawnerSettings>;
