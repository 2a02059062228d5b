import type { OperatorConfig } from './operator-config.ts';

/** What rendering a pod starts from: `PodDefaults` of packages/podspec. */
export function podDefaultsOf({ pod_defaults: pod, job_spawner_config: { queue } }: OperatorConfig) {
  const { agentEndpoint, environment, image = pod.agentImage, ...rest } = pod;
  return {
    ...rest,
    image,
    queue,
    ...(agentEndpoint !== undefined && { agentEndpoint }),
    ...(environment !== undefined && { environment }),
  };
}
