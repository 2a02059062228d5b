import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { acceptJob, acquireJob, finishJob, promiseFailure, startJob } from '../domain/job-lifecycle.ts';
import { Refusal } from '../domain/refusal.ts';
import { requireJob } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { addOperation } from '../http/operation.ts';
import { requireConnected } from './agent-operations.ts';
import { jobPayload } from './job-payload.ts';
import { refuseAfterFinish } from './refuse-after-finish.ts';

const finishBody = z.object({
  exit_status: z.string().regex(/^-?\d+$/, 'must be a whole number as text'),
  signal: z.string().optional(),
  signal_reason: z.string().optional(),
  finished_at: z.string().min(1),
  chunks_failed_count: z.int().nonnegative(),
  ignore_agent_in_dispatches: z.boolean().nullish(),
});

/** The life of one job in the hands of an agent: acquire, accept, start, look, finish, and what it says meanwhile. */
export function addJobOperations(app: FastifyInstance, context: SimulatorContext): void {
  addOperation(app, context, {
    name: 'acquire',
    method: 'PUT',
    path: 'jobs/:id/acquire',
    token: 'agent',
    handle: call => {
      requireConnected(call, 'agent-call-after-disconnect');
      const { world, holder, params, request } = call;
      const job = requireJob(world, params['id'] ?? '');
      if (world.builds.get(job.buildId)?.clusterId !== holder.agent.clusterId)
        throw new Refusal('not-found', `no job ${job.id} in this cluster`);
      return { status: 200, body: jobPayload(world, acquireJob(world, holder.agent, job, request)) };
    },
  });
  addOperation(app, context, {
    name: 'accept',
    method: 'PUT',
    path: 'jobs/:id/accept',
    token: 'agent',
    handle: call => {
      requireConnected(call, 'agent-call-after-disconnect');
      const { world, holder, params } = call;
      return { status: 200, body: jobPayload(world, acceptJob(world, holder.agent, requireJob(world, params['id'] ?? ''))) };
    },
  });
  addOperation(app, context, {
    name: 'start',
    method: 'PUT',
    path: 'jobs/:id/start',
    token: 'job',
    wrongTokenBreach: 'started-without-acquire',
    body: z.object({ started_at: z.string().min(1) }),
    handle: ({ world, holder, body, request }) => {
      startJob(world, holder.agent, holder.job, body.started_at, request);
      return { status: 200, body: {} };
    },
  });
  addOperation(app, context, {
    name: 'state',
    method: 'GET',
    path: 'jobs/:id',
    token: 'job',
    handle: ({ holder: { job } }) => ({ status: 200, body: { state: job.state } }),
  });
  addOperation(app, context, {
    name: 'finish',
    method: 'PUT',
    path: 'jobs/:id/finish',
    token: 'job',
    body: finishBody,
    handle: ({ world, holder, body, request }) => {
      const call = {
        exitStatus: Number(body.exit_status),
        signal: emptyToUndefined(body.signal),
        signalReason: emptyToUndefined(body.signal_reason),
        finishedAt: body.finished_at,
        chunksFailedCount: body.chunks_failed_count,
      };
      finishJob(world, holder.agent, holder.job, call, request);
      return { status: 200, body: {} };
    },
  });
  addOperation(app, context, {
    name: 'job-update',
    method: 'PUT',
    path: 'jobs/:id',
    token: 'job',
    body: z.record(z.string(), z.string()),
    handle: ({ world, holder: { job }, body, request }) => {
      refuseAfterFinish(world, job, request);
      job.timeoutInMinutes = timeoutIn(body);
      return { status: 200, body: { id: job.id } };
    },
  });
  addOperation(app, context, {
    name: 'promise-failure',
    method: 'PUT',
    path: 'jobs/:id/promise_failure',
    token: 'job',
    body: z.object({ exit_status: z.int().refine(status => status !== 0, 'must not be 0'), reason: z.string().optional() }),
    handle: ({ world, holder: { job }, body }) => {
      promiseFailure(world, job, body.exit_status, body.reason);
      return { status: 204 };
    },
  });
}

/** The only attribute of a job that can be changed: `buildkite-agent job update timeout 20`. */
function timeoutIn(attributes: Readonly<Record<string, string>>): number {
  const unknown = Object.keys(attributes).find(name => name !== 'timeout');
  if (unknown !== undefined) throw new Refusal('unprocessable', `attribute "${unknown}" of a job cannot be changed; timeout can`);
  const minutes = Number(attributes['timeout']);
  if (!(minutes > 0)) throw new Refusal('unprocessable', `timeout is ${attributes['timeout']}; it must be a number of minutes above 0`);
  return minutes;
}

function emptyToUndefined(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
