import type { CommandVariant, StepDefinition } from '../pipeline/definition.ts';
import type { JobLog } from './job-log.ts';
import type { JobState } from './job-state.ts';

/** Milliseconds since the epoch. */
export type Time = number;

export interface Queue {
  readonly id: string;
  readonly key: string;
  dispatchPaused: boolean;
  /** Since when, while it is paused. */
  pausedAt?: Time | undefined;
}

export interface Secret {
  readonly id: string;
  readonly value: string;
}

/** A cluster: its queues, its registration tokens and its secrets. */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly queues: Map<string, Queue>;
  readonly registrationTokens: Set<string>;
  readonly secrets: Map<string, Secret>;
}

export interface Pipeline {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly clusterId: string;
  repository: string;
  defaultBranch: string;
  nextBuildNumber: number;
}

export const buildStates = ['scheduled', 'running', 'failing', 'passed', 'failed', 'blocked', 'canceling', 'canceled'] as const;
export type BuildState = (typeof buildStates)[number];

export interface Annotation {
  readonly id: string;
  readonly context: string;
  readonly scope: string;
  /** The job of an annotation of scope `job`. */
  readonly jobId?: string | undefined;
  style: string;
  body: string;
  priority: number;
  readonly createdAt: Time;
  updatedAt: Time;
}

export interface PipelineUpload {
  readonly id: string;
  readonly jobId: string;
  state: 'pending' | 'applied' | 'rejected' | 'failed';
  message: string;
}

export interface Build {
  readonly id: string;
  readonly number: number;
  readonly pipelineSlug: string;
  readonly clusterId: string;
  readonly branch: string;
  readonly commit: string;
  readonly message: string;
  readonly repository: string;
  readonly source: string;
  readonly tag?: string | undefined;
  readonly pullRequest?: string | undefined;
  readonly creator: { readonly name: string; readonly email: string };
  /** Environment of the whole build; an uploaded pipeline's `env` is added to it. */
  readonly env: Record<string, string>;
  /** In the order of the pipeline; groups stand before their children. */
  readonly steps: Step[];
  readonly metaData: Map<string, string>;
  readonly annotations: Map<string, Annotation>;
  readonly uploads: Map<string, PipelineUpload>;
  state: BuildState;
  cancelReason?: string | undefined;
  readonly createdAt: Time;
  startedAt?: Time | undefined;
  finishedAt?: Time | undefined;
}

export interface Step {
  readonly id: string;
  readonly buildId: string;
  readonly definition: StepDefinition;
  /** The group step that holds this one. */
  readonly group?: Step | undefined;
  /** The job whose pipeline upload added this step. */
  readonly uploadedBy?: string | undefined;
  /** False when its `if` or `branches` leaves it out. */
  readonly included: boolean;
  /** Every job ever made for the step, retried ones too. */
  readonly jobs: Job[];
  /** What `step update` has set. */
  readonly attributes: Map<string, string>;
  readonly appliedUpdates: Set<string>;
}

export type JobType = 'script' | 'waiter' | 'manual';

/** Why the server, not the agent, ended a job. */
export type EndedBy = 'agent-lost' | 'agent-disconnected' | 'cancel' | 'expiry' | 'stack' | 'start-refused';

export const stackTypes = ['kubernetes', 'elastic', 'custom'] as const;
export type StackType = (typeof stackTypes)[number];

/** A process that turns jobs into agents, by the stacks API. */
export interface Stack {
  readonly id: string;
  readonly key: string;
  readonly clusterId: string;
  type: StackType;
  queueKey: string;
  metadata: Readonly<Record<string, string>>;
  readonly registeredAt: Time;
  lastConnectedAt: Time;
  lastPolledAt?: Time | undefined;
  deregisteredAt?: Time | undefined;
  /** The queues whose jobs it has listed, and since when it knows of a pause of each. */
  readonly polledQueues: Map<string, { readonly toldOfPauseAt?: Time | undefined }>;
  /** The state of each job as the stack was last told when it asked. */
  readonly toldStates: WeakMap<Job, JobState>;
  /** Reservations of others that it was told of, by their job. */
  readonly lostRaces: WeakMap<Job, Reservation>;
}

export interface Reservation {
  readonly stackKey: string;
  readonly madeAt: Time;
  until: Time;
  extensions: number;
}

export interface StackNotification {
  readonly stackKey: string;
  readonly detail: string;
  /** As the stack says, or when it came. */
  readonly at: Time;
  readonly receivedAt: Time;
}

/** What a stack finished a job with, and whether its call got the answer. */
export interface StackFinishRecord {
  readonly stackKey: string;
  readonly exitStatus: number;
  readonly detail: string;
  wasAnswered: boolean;
}

export interface Job {
  readonly id: string;
  /** Grows from job to job. */
  readonly ordinal: number;
  readonly buildId: string;
  readonly step: Step;
  readonly type: JobType;
  readonly variant?: CommandVariant | undefined;
  readonly queueKey: string;
  readonly retriesCount: number;
  readonly retryType?: 'automatic' | 'manual' | undefined;
  readonly retryOf?: string | undefined;
  /** How often each rule of `retry.automatic` has been used up to this job. */
  readonly ruleUses: readonly number[];
  retriedIn?: string | undefined;
  state: JobState;
  /** What `job update` has set, in place of the step's. */
  timeoutInMinutes?: number | undefined;
  label?: string | undefined;
  passed?: boolean | undefined;
  softFailed?: boolean | undefined;
  exitStatus?: number | undefined;
  signal?: string | undefined;
  signalReason?: string | undefined;
  endedBy?: EndedBy | undefined;
  /** What a stack said when it finished the job. */
  detail?: string | undefined;
  promisedFailure?: { readonly exitStatus: number; readonly reason?: string | undefined } | undefined;
  agent?: Agent | undefined;
  token?: string | undefined;
  /** The reservation in force; there is one exactly while the job is `reserved`. */
  reservation?: Reservation | undefined;
  /** The stack that was the last to reserve the job, also after its reservation has run out. */
  lastReservedBy?: string | undefined;
  readonly notifications: StackNotification[];
  stackFinish?: StackFinishRecord | undefined;
  /** The finish call, to recognise its repetition. */
  finishCall?: string | undefined;
  chunksFailedCount: number;
  readonly log: JobLog;
  readonly headerTimes: Map<string, string>;
  /** Artifacts by the batch in which the agent announced them. */
  readonly artifactBatches: Map<string, readonly Artifact[]>;
  /** When the agent says that it started and finished, as it wrote it. */
  agentStartedAt?: string | undefined;
  agentFinishedAt?: string | undefined;
  readonly timeline: JobTimeline;
}

/** When each thing happened at the server. */
export interface JobTimeline {
  createdAt: Time;
  scheduledAt?: Time | undefined;
  /** When a stack first got a list that held it. */
  listedAt?: Time | undefined;
  reservedAt?: Time | undefined;
  acquiredAt?: Time | undefined;
  startedAt?: Time | undefined;
  firstLogChunkAt?: Time | undefined;
  cancelRequestedAt?: Time | undefined;
  finishedAt?: Time | undefined;
}

export const agentStates = ['registered', 'connected', 'paused', 'stopping', 'disconnected', 'lost'] as const;
export type AgentState = (typeof agentStates)[number];

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly clusterId: string;
  readonly queueKey: string;
  readonly accessToken: string;
  readonly hostname: string;
  readonly os: string;
  readonly arch: string;
  readonly version: string;
  readonly metaData: readonly string[];
  readonly ignoreInDispatches: boolean;
  readonly registeredAt: Time;
  state: AgentState;
  stopForce: boolean;
  pauseNote?: string | undefined;
  pauseUntil?: Time | undefined;
  lastSeenAt: Time;
  disconnectedAt?: Time | undefined;
  /** The job that it holds now. */
  job?: Job | undefined;
}

/** Bytes that came for an artifact: the whole of a form upload is part 1. */
export interface StoredPart {
  readonly size: number;
  readonly sha256: string;
  /** Given to the agent, which gives it back to finish the artifact. */
  readonly etag: string;
}

export interface Artifact {
  readonly id: string;
  readonly buildId: string;
  readonly jobId: string;
  readonly stepId: string;
  readonly path: string;
  readonly absolutePath: string;
  readonly fileSize: number;
  readonly sha1sum: string;
  readonly sha256sum: string;
  readonly contentType: string;
  readonly uploadDestination: string;
  readonly createdAt: Time;
  /** Number of parts of a multipart upload; 0 for a form. */
  readonly parts: number;
  readonly storedParts: Map<number, StoredPart>;
  readonly uploadToken: string;
  state: 'new' | 'finished' | 'error' | 'deleted';
}
