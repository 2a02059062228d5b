import { logLevels } from '@buildkite-operator/service';
import { z } from 'zod';
import { defaultConfigMapName } from './operator-config.ts';

const port = z.coerce.number().int().min(0).max(65_535);

/** What every service must know before it can read its configuration, one environment variable each. */
export const processSettings = z.object({
  /** Name of this pod, for leader election and events. */
  POD_NAME: z.string().min(1),
  /** Namespace of the operator itself: its Leases and its configuration are there. */
  POD_NAMESPACE: z.string().min(1),
  /** The ConfigMap with the configuration. */
  CONFIG_MAP: z.string().min(1).max(253).default(defaultConfigMapName),
  LOG_LEVEL: z.enum(logLevels).default('info'),
  /** Port of /healthz, /readyz and /metrics. */
  HTTP_PORT: port.default(8080),
});

export type ProcessSettings = z.output<typeof processSettings>;

/** What a service of which one replica works must know besides. */
export const ledProcessSettings = processSettings.extend({
  /** How long a silent leader keeps its lease before another replica takes over; the leader gives up after two thirds of it. */
  LEASE_DURATION_SECONDS: z.coerce.number().int().min(3).max(2_147_483_647).default(15),
});

export type LedProcessSettings = z.output<typeof ledProcessSettings>;
