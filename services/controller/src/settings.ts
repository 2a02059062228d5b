import { ledProcessSettings } from '@buildkite-operator/config';
import { z } from 'zod';

/** What the controller must know before it can read its configuration, one environment variable each. */
export const controllerSettings = ledProcessSettings.extend({
  /** How many BuildJobs are worked on at once. */
  CONCURRENCY: z.coerce.number().int().min(1).max(100).default(16),
});

export type ControllerSettings = z.output<typeof controllerSettings>;
