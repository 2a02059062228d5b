import { logLevels } from '@buildkite-operator/service';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().int().min(0).max(2_147_483_647);

/** The controller's settings, one environment variable each. */
export const controllerSettings = z.object({
  /** Name of this pod, for leader election and events. */
  POD_NAME: z.string().min(1),
  /** Namespace of the operator itself: its Lease lives there. */
  POD_NAMESPACE: z.string().min(1),
  /** Namespace of the BuildJobs and their pods. */
  JOB_NAMESPACE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(logLevels).default('info'),
  /** Port of /healthz, /readyz and /metrics. */
  HTTP_PORT: port.default(8080),
  /** How long a silent leader keeps its lease before another replica takes over; the leader gives up after two thirds of it. */
  LEASE_DURATION_SECONDS: seconds.min(3).default(15),
  /** How many BuildJobs are worked on at once. */
  CONCURRENCY: z.coerce.number().int().min(1).max(100).default(16),
  /** Image with buildkite-agent, tini, git and ssh. */
  AGENT_IMAGE: z.string().min(1),
  /** Image of commands where neither job nor environment names one; the agent image when unset. */
  DEFAULT_IMAGE: z.string().min(1).optional(),
  /** BuildEnvironment of jobs that name none. */
  DEFAULT_ENVIRONMENT: z.string().min(1).optional(),
  /** Buildkite's agent API; the agent's own default when unset. */
  AGENT_ENDPOINT: z.url().optional(),
  /** Queue that agents register with where the job names none. */
  QUEUE: z.string().min(1).default('bk-operator'),
  /** Secret with the cluster's agent token, in the jobs' namespace. */
  AGENT_TOKEN_SECRET: z.string().min(1).default('buildkite-agent-token'),
  /** Key of the token in that Secret. */
  AGENT_TOKEN_SECRET_KEY: z.string().min(1).default('BUILDKITE_AGENT_TOKEN'),
  /** How long a job may run where it does not say. */
  TIMEOUT_SECONDS: seconds.min(1).default(21_600),
  /** How long a job may take to start running where it does not say. */
  PENDING_TIMEOUT_SECONDS: seconds.min(1).default(900),
  /** How long a finished BuildJob and its pod stay where it does not say. */
  TTL_SECONDS_AFTER_FINISHED: seconds.default(0),
  /** How long a stopped job gets to end by itself where it does not say. */
  TERMINATION_GRACE_PERIOD_SECONDS: seconds.min(15).default(60),
  /** How long an image may fail to be pulled, a container fail to be made, or a named BuildEnvironment be missing, before the job ends. */
  START_FAILURE_GRACE_SECONDS: seconds.default(30),
});

export type ControllerSettings = z.output<typeof controllerSettings>;
