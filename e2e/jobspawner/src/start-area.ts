import type { TestbedOptions } from '@buildkite-operator/e2e-testbed';
import { testbedSetup } from '@buildkite-operator/e2e-testbed/global-setup';
import { jobSpawnerConfig, queues } from './queues.ts';

const options: TestbedOptions = {
  webhooks: true,
  jobspawner: true,
  queues,
  // Many jobs start at once on a small machine: an agent that waits for its turn is not lost.
  simulator: { lostAgentAfterMs: 90_000 },
  config: {
    job_spawner_config: jobSpawnerConfig,
    // What would take long is made quick.
    pod_defaults: { startFailureGraceSeconds: 15, unschedulableGraceSeconds: 20 },
    // Jobs of the plugins' tests ask for these; what they may not have is left at its default.
    policy: { hostNamespaces: true, serviceAccounts: ['kp-*'] },
  },
};

/** vitest's global setup of this area: all of the operator, whose jobspawner follows the queues of the simulator. */
export function startArea(): ReturnType<typeof testbedSetup> {
  return testbedSetup(options);
}
