import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { jobEnvironment } from '../domain/job-environment.ts';
import { addNotifications } from '../domain/notifications.ts';
import type { Job, Stack } from '../domain/records.ts';
import { stackTypes } from '../domain/records.ts';
import { Refusal } from '../domain/refusal.ts';
import { isOfCluster, lapseReservations, noteLostRaces, reserveJobs } from '../domain/reservations.ts';
import { listScheduledJobs, notePoll } from '../domain/scheduled-jobs.ts';
import { finishByStack } from '../domain/stack-finish.ts';
import { deregisterStack, registerStack, requireQueue } from '../domain/stacks.ts';
import { requireJob, type World } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { addOperation } from '../http/operation.ts';
import { cursorSchema, writeCursor } from './cursor.ts';
import { scheduledJobPayload, stackPayload } from './payloads.ts';
import { addStackOperation, admit } from './stack-call.ts';

/** Largest batch of every call that takes one. */
const batchLimit = 1000;
const detailLimitBytes = 4096;

const registerBody = z.object({
  key: z
    .string()
    .max(80)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be letters, digits, underscores and dashes'),
  type: z.enum(stackTypes),
  queue_key: z.string().min(1),
  metadata: z
    .record(z.string().max(64), z.string().max(256))
    .refine(metadata => Object.keys(metadata).length <= 100, 'must have at most 100 keys'),
});

const jobIds = z.array(z.string()).max(batchLimit);

const reserveBody = z.object({
  job_uuids: jobIds,
  reservation_expiry_seconds: z.int().min(1).max(3600).default(900),
});

const listQuery = z.object({
  queue_key: z.string().min(1),
  // The documentation names no default.
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: cursorSchema.optional(),
});

const finishBody = z.object({
  exit_status: z.int().default(-1),
  detail: z.string().refine(text => Buffer.byteLength(text) <= detailLimitBytes, `must have at most ${detailLimitBytes} bytes`),
});

const notificationsBody = z.object({
  notifications: z
    .array(z.object({ job_uuid: z.string().default(''), detail: z.string().default(''), timestamp: z.string().nullish() }))
    .max(batchLimit),
});

/** The stacks API: a process takes scheduled jobs and sees to it that agents run them. */
export function addStackOperations(app: FastifyInstance, context: SimulatorContext): void {
  addOperation(app, context, {
    name: 'stack-register',
    method: 'POST',
    path: 'stacks/register',
    token: 'registration',
    body: registerBody,
    bodyRefusal: () => 'unprocessable',
    admit: ({ cluster }, _params, body) => admit(context.world, cluster, keyIn(body), 'default'),
    handle: ({ world, holder, body }) => {
      const { key, type, metadata, queue_key: queueKey } = body;
      const { stack, isNew } = registerStack(world, holder.cluster, { key, type, queueKey, metadata });
      return { status: isNew ? 201 : 200, body: stackPayload(world, stack) };
    },
  });
  addStackOperation(app, context, {
    name: 'stack-deregister',
    method: 'POST',
    path: 'deregister',
    scope: 'default',
    handle: ({ world, stack }) => {
      deregisterStack(world, stack);
      return { status: 204 };
    },
  });
  addStackOperation(app, context, {
    name: 'stack-list-scheduled-jobs',
    method: 'GET',
    path: 'scheduled-jobs',
    scope: 'list-scheduled-jobs',
    query: listQuery,
    handle: ({ world, holder, stack, query, onAnswered }) => {
      const queue = requireQueue(holder.cluster, query.queue_key);
      const { jobs, hasNextPage, end } = listScheduledJobs(world, stack, queue, query.limit, query.after);
      const [paused, at] = [queue.dispatchPaused, world.clock.now()];
      onAnswered(() => {
        notePoll(stack, queue, paused, at);
        for (const { timeline } of jobs) timeline.listedAt ??= at;
      });
      return {
        status: 200,
        body: {
          jobs: jobs.map(job => scheduledJobPayload(world, job)),
          page_info: { has_next_page: hasNextPage, end_cursor: end === undefined ? null : writeCursor(end) },
          cluster_queue: { id: queue.id, dispatch_paused: paused },
        },
      };
    },
  });
  addStackOperation(app, context, {
    name: 'stack-batch-reserve',
    method: 'PUT',
    path: 'scheduled-jobs/batch-reserve',
    scope: 'batch-reserve',
    body: reserveBody,
    handle: ({ world, stack, body, request, onAnswered }) => {
      const { reserved, notReserved, lostRaces } = reserveJobs(
        world,
        stack,
        body.job_uuids,
        body.reservation_expiry_seconds * 1000,
        request,
      );
      onAnswered(() => noteLostRaces(stack, lostRaces));
      return { status: 200, body: { reserved, not_reserved: notReserved } };
    },
  });
  addStackOperation(app, context, {
    name: 'stack-show-job',
    method: 'GET',
    path: 'jobs/:id',
    scope: 'show-job',
    handle: ({ world, stack, params }) => {
      const job = requireJobOfCluster(world, stack, params['id'] ?? '');
      return { status: 200, body: { id: job.id, env: jobEnvironment(world, job), command: job.variant?.command ?? '' } };
    },
  });
  addStackOperation(app, context, {
    name: 'stack-get-states',
    method: 'POST',
    path: 'jobs/get-states',
    scope: 'batch-load-job-states',
    body: z.object({ job_uuids: jobIds }),
    handle: ({ world, stack, body, onAnswered }) => {
      lapseReservations(world);
      const jobs = body.job_uuids.flatMap(id => world.jobs.get(id) ?? []).filter(job => isOfCluster(world, stack, job));
      const told = jobs.map(job => [job, job.state] as const);
      onAnswered(() => {
        for (const [job, state] of told) stack.toldStates.set(job, state);
      });
      return { status: 200, body: { states: Object.fromEntries(told.map(([{ id }, state]) => [id, state])) } };
    },
  });
  addStackOperation(app, context, {
    name: 'stack-finish-job',
    method: 'POST',
    path: 'jobs/:id/finish',
    scope: 'finish-job',
    body: finishBody,
    handle: ({ world, stack, params, body, request, onAnswered }) => {
      const job = requireJobOfCluster(world, stack, params['id'] ?? '');
      finishByStack(world, stack, job, { exitStatus: body.exit_status, detail: body.detail }, request);
      onAnswered(() => {
        if (job.stackFinish !== undefined) job.stackFinish.wasAnswered = true;
      });
      return { status: 200, body: {} };
    },
  });
  addStackOperation(app, context, {
    name: 'stack-notify',
    method: 'POST',
    path: 'notifications',
    scope: 'stack-notification',
    body: notificationsBody,
    handle: ({ world, stack, body, request }) => {
      const requests = body.notifications.map(({ job_uuid: jobId, detail, timestamp }) => ({
        jobId,
        detail,
        timestamp: timestamp ?? undefined,
      }));
      return { status: 200, body: { errors: addNotifications(world, stack, requests, request) } };
    },
  });
}

/** The key of a registration that has not been checked yet. */
function keyIn(body: unknown): string {
  return z.object({ key: z.string() }).safeParse(body).data?.key ?? '';
}

function requireJobOfCluster(world: World, stack: Stack, id: string): Job {
  const job = requireJob(world, id);
  if (!isOfCluster(world, stack, job)) throw new Refusal('not-found', `no job ${id} in the cluster of stack ${stack.key}`);
  return job;
}
