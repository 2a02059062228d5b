/** Why a BuildJob waits or ended: the closed list, each with its meaning; the reference page is made from it. */
export const reasons = {
  Completed: 'The job ended with exit code 0.',
  ExitCode: "The command, a hook or the checkout ended with another exit code than 0; the job's log in Buildkite says why.",
  OOMKilled: 'A container used more memory than its limit and was killed. Raise resources.limits.memory or make the job use less.',
  Evicted:
    'The node removed or refused the pod: short of a resource, drained or shut down. Run the job again; raise its requests if the node ran short.',
  NodeLost: 'The node stopped answering, was reset or is gone. Look at the node; run the job again.',
  Preempted: 'A pod of higher priority took the place. Give the job a higher priorityClassName or add nodes.',
  ImagePull: 'An image cannot be pulled. Check its name, its tag and the pull secrets.',
  InvalidImage: 'An image name is not valid. Correct it.',
  ConfigError:
    'A container cannot be made or started as asked, for example because a Secret or ConfigMap is missing, or its image has no /bin/sh. Correct what the message names.',
  Unschedulable:
    'No node can take the pod: too little room, or its node rules and tolerations fit none. Ask for less, correct the rules, or add a node.',
  PendingTimeout: 'The job did not start running within pendingTimeoutSeconds.',
  TimedOut: 'The job ran longer than timeoutSeconds, or than its timeout in Buildkite.',
  InitFailed: 'An init container failed, so the job never started.',
  SidecarFailed: 'A sidecar that is marked essential failed while the job ran, or kept it from starting; its container log says why.',
  Cancelled: 'The job was cancelled, in Buildkite or by cancelled: true.',
  Deleted: 'The pod was deleted by somebody else while the job ran or waited.',
  AgentLost: 'The agent ended without an answer about the job; its container log says why.',
  NotAcquired:
    'Buildkite did not give the job to this agent: it was taken, cancelled or finished already, or Buildkite could not be reached.',
  Duplicate: "Another BuildJob already runs the same Buildkite job, or a pod of nobody's has its pod's name. Delete this one, or that pod.",
  EnvironmentNotFound: 'The spec names a BuildEnvironment that does not exist in the namespace.',
  QuotaExceeded: 'A ResourceQuota of the namespace leaves no room for the pod; it is tried again until pendingTimeoutSeconds.',
  Rejected:
    'The job is not valid or asks for what policy forbids, or the API server, an admission webhook or Pod Security refuses the pod; the message names each field.',
} as const;

export type Reason = keyof typeof reasons;

/** The names alone, for the schema's enum. */
export const reasonNames = Object.keys(reasons) as [Reason, ...Reason[]];
