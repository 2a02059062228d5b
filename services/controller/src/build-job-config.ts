import { type OperatorConfig, podDefaultsOf } from '@buildkite-operator/config';
import type { BuildJobConfig } from './buildjob/controller.ts';

/** What the BuildJob controller goes by, of the operator's configuration. */
export function buildJobConfig(config: OperatorConfig): BuildJobConfig {
  const { startFailureGraceSeconds, unschedulableGraceSeconds, maxPods } = config.pod_defaults;
  return { defaults: podDefaultsOf(config), policy: config.policy, startFailureGraceSeconds, unschedulableGraceSeconds, maxPods };
}
