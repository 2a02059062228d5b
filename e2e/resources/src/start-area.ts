import type { TestbedOptions } from '@buildkite-operator/e2e-testbed';
import { testbedSetup } from '@buildkite-operator/e2e-testbed/global-setup';
import { OwnNode } from './own-node.ts';

/** What would take long is made quick; but the kubelet itself tries a container that could not be made only every 10 s or so. */
const options: TestbedOptions = {
  config: { pod_defaults: { startFailureGraceSeconds: 25, unschedulableGraceSeconds: 45 } },
  simulator: { minuteMs: 6000, heartbeatIntervalSeconds: 2, lostAgentAfterMs: 15_000 },
};

/** vitest's global setup of this area, with or without the webhooks. */
export function startArea({ webhooks }: { readonly webhooks: boolean }): ReturnType<typeof testbedSetup> {
  return async project => {
    const close = await testbedSetup({ ...options, webhooks })(project);
    await OwnNode.removeAll();
    return close;
  };
}
