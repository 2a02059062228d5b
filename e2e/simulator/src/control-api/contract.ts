import { z } from 'zod';
import type { LogChunk } from '../domain/job-log.ts';
import type { JobState } from '../domain/job-state.ts';
import { type AgentState, type BuildState, buildStates, type EndedBy, type JobTimeline, type JobType } from '../domain/records.ts';
import type { RefereeEntry } from '../domain/referee.ts';
import type { MatrixPermutation } from '../pipeline/definition.ts';

const stringMap = z.record(z.string(), z.string());

/** Body of `POST /control/builds`. */
export const createBuildSchema = z.object({
  pipeline: z
    .object({
      slug: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes')
        .default('demo'),
      name: z.string().optional(),
      repository: z.string().optional(),
      defaultBranch: z.string().optional(),
      cluster: z.string().optional(),
    })
    .prefault({})
    .describe('made if it does not exist, brought up to date if it does'),
  yaml: z.string().min(1).describe('the pipeline, as in pipeline.yml'),
  branch: z.string().optional(),
  commit: z.string().optional(),
  message: z.string().optional(),
  repository: z.string().optional(),
  env: stringMap.optional(),
  metaData: stringMap.optional(),
  source: z.string().optional(),
  tag: z.string().optional(),
  pullRequest: z.string().optional(),
  creator: z.object({ name: z.string(), email: z.string() }).optional(),
});
export type CreateBuildRequest = z.input<typeof createBuildSchema>;

/** Body of `POST /control/jobs/:id/unblock`: values of the block step's fields. */
export const unblockSchema = z.object({ fields: stringMap.default({}) });

/** Query of `GET /control/jobs/:id/wait`. */
export const waitQuerySchema = z.object({
  states: z.string().min(1).describe('states apart by commas; `ended` stands for every state in which nothing more happens'),
  timeoutMs: z.coerce.number().int().min(0).max(60_000).default(30_000),
});

/** Query of `GET /control/builds/:id/wait`. */
export const waitForBuildQuerySchema = z.object({
  states: z
    .string()
    .transform(text => text.split(','))
    .pipe(z.array(z.enum(buildStates)))
    .describe('states apart by commas'),
  timeoutMs: z.coerce.number().int().min(0).max(60_000).default(30_000),
});

/** Query of `GET /control/jobs/:id/log`. */
export const logQuerySchema = z.object({
  from: z.coerce.number().int().nonnegative().default(0).describe('first byte wanted, of the raw log'),
  follow: z.stringbool().default(false).describe('go on until the job has ended'),
  strip: z.stringbool().default(false).describe('leave out the time codes that the agent puts before each line'),
});

/** Body of `PUT /control/secrets/:key`. */
export const secretSchema = z.object({ value: z.string().min(1), cluster: z.string().optional() });

/** Body of `PUT /control/repository-tokens`: what a job gets that asks for access to this repository. */
export const repositoryTokenSchema = z.object({ repository: z.string().min(1), token: z.string().min(1) });

/** Body of `POST /control/clusters`. */
export const createClusterSchema = z.object({ name: z.string().min(1), token: z.string().min(8).optional() });

/** A job, as the control API shows it. */
export interface JobView {
  readonly id: string;
  readonly buildId: string;
  readonly pipelineSlug: string;
  readonly buildNumber: number;
  readonly stepId: string;
  readonly stepKey?: string | undefined;
  readonly type: JobType;
  readonly state: JobState;
  readonly label?: string | undefined;
  readonly command: string;
  readonly queue: string;
  readonly agentQueryRules: readonly string[];
  readonly priority: number;
  readonly passed?: boolean | undefined;
  readonly softFailed?: boolean | undefined;
  readonly exitStatus?: number | undefined;
  readonly signal?: string | undefined;
  readonly signalReason?: string | undefined;
  /** Set when the server, not the agent, ended the job. */
  readonly endedBy?: EndedBy | undefined;
  readonly detail?: string | undefined;
  /** Of the stack that has reserved the job now. */
  readonly reservation?: { readonly stackKey: string; readonly until: number } | undefined;
  /** How many there are. */
  readonly notifications: number;
  readonly promisedFailure?: { readonly exitStatus: number; readonly reason?: string | undefined } | undefined;
  readonly retriesCount: number;
  readonly retryType?: 'automatic' | 'manual' | undefined;
  readonly retryOf?: string | undefined;
  readonly retriedIn?: string | undefined;
  readonly parallel?: { readonly index: number; readonly count: number } | undefined;
  readonly matrix?: MatrixPermutation | undefined;
  readonly agent?: { readonly id: string; readonly name: string } | undefined;
  /** Times at the server, milliseconds since the epoch. */
  readonly timeline: Readonly<JobTimeline>;
  /** As the agent wrote it. */
  readonly agentStartedAt?: string | undefined;
  readonly agentFinishedAt?: string | undefined;
  readonly log: { readonly size: number; readonly contiguousSize: number; readonly chunks: number; readonly chunksFailedCount: number };
}

/** A job with its environment, as an agent would get it. */
export interface JobDetail extends JobView {
  readonly env: Readonly<Record<string, string>>;
  /** Every log chunk with its place and when it came. */
  readonly logChunks: readonly Omit<LogChunk, 'digest'>[];
  readonly headerTimes: Readonly<Record<string, string>>;
}

export interface BuildView {
  readonly id: string;
  readonly number: number;
  readonly pipelineSlug: string;
  readonly url: string;
  readonly state: BuildState;
  readonly branch: string;
  readonly commit: string;
  readonly message: string;
  readonly repository: string;
  readonly source: string;
  readonly env: Readonly<Record<string, string>>;
  readonly metaData: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  /** In the order of the pipeline; retried jobs stand before their retry. */
  readonly jobs: readonly JobView[];
}

export interface AgentView {
  readonly id: string;
  readonly name: string;
  readonly state: AgentState;
  readonly hostname: string;
  readonly version: string;
  readonly queue: string;
  readonly metaData: readonly string[];
  readonly jobId?: string | undefined;
  readonly registeredAt: number;
  readonly lastSeenAt: number;
}

export interface ArtifactView {
  readonly id: string;
  readonly buildId: string;
  readonly jobId: string;
  readonly path: string;
  readonly state: 'new' | 'finished' | 'error' | 'deleted';
  readonly fileSize: number;
  readonly sha1sum: string;
  readonly sha256sum: string;
  readonly contentType: string;
  readonly parts: number;
}

export interface AnnotationView {
  readonly id: string;
  readonly context: string;
  readonly scope: string;
  readonly jobId?: string | undefined;
  readonly style: string;
  readonly body: string;
  readonly priority: number;
}

export interface ClusterView {
  readonly id: string;
  readonly name: string;
  readonly registrationTokens: readonly string[];
  readonly queues: readonly { readonly key: string; readonly dispatchPaused: boolean }[];
  readonly secretKeys: readonly string[];
}

export interface RefereeReport {
  readonly entries: readonly RefereeEntry[];
  /** Entries that were not kept, because there were too many. */
  readonly dropped: number;
}

export interface SimulatorInfo {
  readonly organization: { readonly id: string; readonly slug: string };
  /** What agents are given as their endpoint. */
  readonly endpoint: string;
  readonly clusters: readonly ClusterView[];
}
