import { runSeed, say } from '@buildkite-operator/e2e-setup';
import { testbedSetup } from '@buildkite-operator/e2e-testbed/global-setup';
import { chaosQueue } from './storm/run-storm.ts';

/** All of the operator. As many places as two nodes on two processors bear, reservations that jobs outlive, and what would take long made quick. */
const setUp = testbedSetup({
  webhooks: true,
  jobspawner: true,
  queues: [chaosQueue],
  config: {
    pod_defaults: { startFailureGraceSeconds: 20, unschedulableGraceSeconds: 20, terminationGracePeriodSeconds: 15 },
    job_spawner_config: { queue: chaosQueue, maxJobs: 30, reservationSeconds: 90 },
  },
  // Who rides out bad answers may be silent for long.
  simulator: { lostAgentAfterMs: 120_000 },
});

export default (project: Parameters<typeof setUp>[0]) => {
  say(`  chaos of seed ${runSeed()}`);
  return setUp(project);
};
