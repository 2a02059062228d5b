import type { BuildJob } from '@buildkite-operator/crds';
import type { KubeMetrics, Pod, ResourceClient, StoreReader } from '@buildkite-operator/kube';
import type { Clock, Logger } from '@buildkite-operator/service';
import type { StacksClient } from '@buildkite-operator/stacks-api';
import type { Notices } from './notices.ts';
import type { ReportingMetrics } from './reporting-metrics.ts';

/** What the two-way truth works with. */
export interface ReportingDependencies {
  readonly jobs: { readonly client: ResourceClient<BuildJob>; readonly store: StoreReader<BuildJob> };
  /** To look at one pod before its BuildJob is stopped. */
  readonly pods: { readonly client: Pick<ResourceClient<Pod>, 'find'> };
  /** The client of every queue that is configured, registered or not; undefined where a queue is not configured any more. */
  readonly stacksOf: (queue: string) => StacksClient | undefined;
  /** Where the lines for the pages of jobs go; somebody else runs it. */
  readonly notices: Notices;
  /** Must show the time of day: it is compared with what Kubernetes has written. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ReportingMetrics;
  readonly kubeMetrics?: KubeMetrics;
}

/** Owner of the fields that the reporting changes. */
export const fieldManager = 'jobspawner-reporting';
