import { z } from 'zod';
import { jobIdSchema } from './scheduled-jobs.ts';

// Fields that are not named here are left alone: Buildkite adds some at any time.

/** The answer of `register`. */
export const stackSchema = z
  .object({
    id: z.string().nullish(),
    key: z.string(),
    type: z.string().nullish(),
    cluster_queue_key: z.string().min(1),
    state: z.string().nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
  })
  .transform(stack => ({
    id: stack.id ?? undefined,
    key: stack.key,
    type: stack.type ?? undefined,
    /** The queue as the server names it: list with this one. */
    queueKey: stack.cluster_queue_key,
    /** `connected`, `disconnected` or `lost`. */
    state: stack.state ?? undefined,
  }));

/** A stack that is registered. */
export type Stack = z.output<typeof stackSchema>;

/** The answer of `reserve-jobs`. */
export const reservationsSchema = z.object({ reserved: z.array(z.string()), not_reserved: z.array(z.string()).nullish() });

const environmentValue = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);

/** The answer of `get-job`. */
export const jobSchema = z
  .object({
    id: jobIdSchema,
    env: z.record(z.string(), environmentValue.nullable()).nullish(),
    command: z.string().nullish(),
  })
  .transform(job => ({
    id: job.id,
    env: Object.fromEntries(Object.entries(job.env ?? {}).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))),
    /** Empty when plugins alone do the work. */
    command: job.command ?? '',
  }));

/** What a job is to run. May hold secrets: never log it. */
export type Job = z.output<typeof jobSchema>;

/** The answer of `get-job-states`. */
export const jobStatesSchema = z.object({ states: z.record(z.string(), z.string().nullable()) });

/** The answer of `create-notifications`. */
export const notificationErrorsSchema = z.object({
  errors: z.array(z.object({ error: z.string(), indexes: z.array(z.number().int().nonnegative()) })).nullish(),
});
