/** Names in the pod that belong to the operator. */
export const containerNames = { setup: 'copy-agent', agent: 'agent', checkout: 'checkout', command: 'container-0' } as const;

/** All of them, for checks. */
export const ownContainerNames: ReadonlySet<string> = new Set(Object.values(containerNames));

export const volumeNames = {
  workspace: 'workspace',
  agentToken: 'agent-token',
  agentHooks: 'agent-hooks',
  gitCredentials: 'git-credentials',
} as const;

export const ownVolumeNames: ReadonlySet<string> = new Set(Object.values(volumeNames));

/** Paths in the containers; the agent expects the workspace at the same path in all of them. */
export const paths = {
  workspace: '/workspace',
  agentBinary: '/workspace/buildkite-agent',
  tini: '/workspace/tini-static',
  build: '/workspace/build',
  hooks: '/workspace/hooks',
  plugins: '/workspace/plugins',
  sockets: '/workspace/sockets',
  agentToken: '/buildkite/agent-token',
  gitCredentials: '/buildkite/git-credentials',
} as const;

const domain = 'buildkite-operator.io';

/** Labels and annotations of pods. */
export const labelKeys = {
  jobId: `${domain}/job-id`,
  buildJob: `${domain}/buildjob`,
  pipeline: `${domain}/pipeline`,
  queue: `${domain}/queue`,
  environment: `${domain}/environment`,
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

export const annotationKeys = {
  branch: `${domain}/branch`,
  buildUrl: `${domain}/build-url`,
  stepKey: `${domain}/step-key`,
  pipeline: `${domain}/pipeline`,
  safeToEvict: 'cluster-autoscaler.kubernetes.io/safe-to-evict',
} as const;

/** Holds the pod until the controller has recorded how it ended. */
export const podFinalizer = `${domain}/record-ending`;

export const managedByValue = 'buildkite-operator';

/** The one pod that may run a Buildkite job: its name makes a second one impossible within the namespace. */
export function podNameFor(jobId: string): string {
  return `bk-${jobId}`;
}
