import { describeIssues } from '@buildkite-operator/service';
import { z } from 'zod';
import { type Endpoint, maxBatch } from './endpoints.ts';
import { jobIdSchema } from './scheduled-jobs.ts';
import { StacksApiError } from './stacks-api-error.ts';

/** A stack's key, as Buildkite allows it: unique in the organization, letters, digits, `_` and `-`, at most 80. */
export const stackKeySchema = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'must be 1 to 80 letters, digits, "_" or "-"');

const metadataLimit = 100;

export const registerRequestSchema = z.object({
  type: z.enum(['custom', 'kubernetes', 'elastic']),
  queueKey: z.string().min(1),
  metadata: z
    .record(z.string().min(1).max(64), z.string().max(256))
    .refine(metadata => Object.keys(metadata).length <= metadataLimit, `must have at most ${metadataLimit} keys`),
});

export const listRequestSchema = z.object({
  queueKey: z.string().min(1),
  limit: z.number().int().min(1).max(maxBatch).optional(),
  after: z.string().min(1).optional(),
});

export const jobIdsSchema = z.array(jobIdSchema);

export const reserveRequestSchema = z.object({
  jobIds: jobIdsSchema,
  expirySeconds: z.number().int().min(1).max(3600).optional(),
});

export const finishRequestSchema = z.object({
  jobId: jobIdSchema,
  exitStatus: z
    .number()
    .int()
    .min(-(2 ** 31))
    .max(2 ** 31 - 1),
  detail: z.string().min(1),
});

/** Throws `InvalidArgument`, which names each wrong field, its value and what is allowed, before anything is sent. */
export function checkRequest(endpoint: Endpoint, schema: z.ZodType, request: unknown): void {
  const parsed = schema.safeParse(request);
  if (parsed.success) return;
  const message = `${endpoint.name}: the request is not allowed:\n${describeIssues(parsed.error, request)}`;
  throw new StacksApiError('InvalidArgument', message, { endpoint: endpoint.name });
}
