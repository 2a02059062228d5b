/** Why a BuildJob waits or ended: the closed list, each with its meaning; the reference page is made from it. */
export const reasons = {
  Completed: 'The job ended with exit code 0.',
  ExitCode: "The command, a hook or the checkout ended with another exit code than 0; the job's log in Buildkite says why.",
  OOMKilled: 'A container used more memory than its limit and was killed. Raise resources.limits.memory or make the job use less.',
  Evicted: "The node ran short of a resource and removed the pod. Raise the job's requests so that it lands where there is room.",
  NodeLost: 'The node stopped answering while the job ran on it. Look at the node; run the job again.',
  Preempted: 'A pod of higher priority took the place. Give the job a higher priorityClassName or add nodes.',
  ImagePull: 'An image cannot be pulled. Check its name, its tag and the pull secrets.',
  InvalidImage: 'An image name is not valid. Correct it.',
  ConfigError: 'A container cannot be made as asked, for example because a Secret or ConfigMap is missing.',
  Unschedulable: 'No node can take the pod: too little room, or its node rules and tolerations fit none.',
  PendingTimeout: 'The job did not start running within pendingTimeoutSeconds.',
  TimedOut: 'The job ran longer than timeoutSeconds, or than its timeout in Buildkite.',
  InitFailed: 'An init container failed, so the job never started.',
  Cancelled: 'The job was cancelled, in Buildkite or by cancelled: true.',
  Deleted: 'The pod was deleted by somebody else while the job ran or waited.',
  AgentLost: 'The agent ended without an answer about the job; its container log says why.',
  NotAcquired:
    'Buildkite did not give the job to this agent: it was taken, cancelled or finished already, or Buildkite could not be reached.',
  Duplicate: 'Another BuildJob already runs the same Buildkite job.',
  EnvironmentNotFound: 'The spec names a BuildEnvironment that does not exist in the namespace.',
  QuotaExceeded: 'A ResourceQuota of the namespace leaves no room for the pod; it is tried again until pendingTimeoutSeconds.',
  Rejected: 'The API server, an admission webhook or Pod Security refuses the pod; the message has its words.',
} as const;

export type Reason = keyof typeof reasons;

/** The names alone, for the schema's enum. */
export const reasonNames = Object.keys(reasons) as [Reason, ...Reason[]];
