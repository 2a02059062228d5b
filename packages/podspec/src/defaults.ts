import type { ResourceRequirements } from '@buildkite-operator/crds';

/** The operator's own settings for every pod; jobs and environments win over them where they may. */
export interface PodDefaults {
  /** Image with buildkite-agent, tini, git and ssh; for the agent, the checkout and the set-up. */
  readonly agentImage: string;
  /** Image of the command where neither job nor environment names one. */
  readonly image: string;
  /** Buildkite's agent API; the agent's own default when unset. */
  readonly agentEndpoint?: string;
  /** Queue that the agent registers with where the job names none. */
  readonly queue: string;
  /** Secret with the cluster's agent token, in the jobs' namespace, and the key in it. */
  readonly agentTokenSecret: { readonly name: string; readonly key: string };
  /** BuildEnvironment of jobs that name none. */
  readonly environment?: string;
  readonly agentResources: ResourceRequirements;
  readonly checkoutResources: ResourceRequirements;
  readonly resources: ResourceRequirements;
  readonly timeoutSeconds: number;
  readonly pendingTimeoutSeconds: number;
  readonly ttlSecondsAfterFinished: number;
  readonly terminationGracePeriodSeconds: number;
  /** How long a pod stays on a node that has become unreachable or not ready. */
  readonly unreachableNodeSeconds: number;
}
