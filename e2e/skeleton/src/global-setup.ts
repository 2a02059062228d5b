import { testbedSetup } from '@buildkite-operator/e2e-testbed/global-setup';

/** What would take long is made quick; but the kubelet itself tries a container that could not be made only every 10 s or so. */
export default testbedSetup({
  config: { pod_defaults: { startFailureGraceSeconds: 25 } },
  simulator: { minuteMs: 6000, heartbeatIntervalSeconds: 2, lostAgentAfterMs: 15_000 },
});
