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
  /** Where the agent serves its clients once it has the job (kubernetes-exec's default). */
  agentSocket: '/workspace/buildkite.sock',
  tini: '/workspace/tini-static',
  environmentFilter: '/workspace/environment-filter',
  build: '/workspace/build',
  /** Where the bootstrap checks out (kubernetes-exec's default). */
  checkout: '/workspace/build/buildkite',
  hooks: '/workspace/hooks',
  plugins: '/workspace/plugins',
  sockets: '/workspace/sockets',
  /** Holds the commands that are too long for a variable, by container. */
  commands: '/workspace/commands',
  /** Holds an empty file for each client container that has started. */
  started: '/workspace/started',
  agentToken: '/buildkite/agent-token',
  gitCredentials: '/buildkite/git-credentials',
  /** Where the checkout finds git mirrors when the job does not say. */
  gitMirrors: '/buildkite/git-mirrors',
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
  /** Names of the sidecars whose failure fails the job, sorted, with commas between them; not there where there are none. */
  essentialContainers: `${domain}/essential-containers`,
  /** Names of the containers that run commands after the main one, in order, with commas between them; not there where there are none. */
  commandContainers: `${domain}/command-containers`,
  safeToEvict: 'cluster-autoscaler.kubernetes.io/safe-to-evict',
} as const;

/** Holds the pod until the controller has recorded how it ended. */
export const podFinalizer = `${domain}/record-ending`;

export const managedByValue = 'buildkite-operator';

/** The one pod that may run a Buildkite job: its name makes a second one impossible within the namespace. */
export function podNameFor(jobId: string): string {
  return `bk-${jobId}`;
}
