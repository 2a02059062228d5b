import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import { builtin, type KubeMetrics, type Pod, Reflector, Store, type Transport } from '@buildkite-operator/kube';
import { labelKeys, managedByValue } from '@buildkite-operator/podspec';
import type { Logger } from '@buildkite-operator/service';
import { ownerName, ownerNameIndex } from './buildjob/orphans.ts';
import { buildEnvironments, buildJobs } from './buildjob/resources.ts';

export interface JobReflectorsOptions {
  readonly transport: Transport;
  readonly logger: Logger;
  readonly metrics: KubeMetrics;
}

/** Copies of the BuildJobs, BuildEnvironments and pods of jobs in one namespace. */
export type JobReflectors = {
  readonly jobs: Reflector<BuildJob>;
  readonly environments: Reflector<BuildEnvironment>;
  readonly pods: Reflector<Pod>;
};

/** Makes them; they are still to be run. */
export function jobReflectors(options: JobReflectorsOptions, namespace: string): JobReflectors {
  const common = { ...options, namespace };
  return {
    jobs: new Reflector<BuildJob>({ ...common, resource: buildJobs }),
    environments: new Reflector<BuildEnvironment>({ ...common, resource: buildEnvironments }),
    pods: new Reflector<Pod>({
      ...common,
      resource: builtin.pods,
      store: new Store<Pod>({ indexes: { [ownerNameIndex]: ownerName }, logger: options.logger }),
      labelSelector: { matchLabels: { [labelKeys.managedBy]: managedByValue } },
    }),
  };
}
