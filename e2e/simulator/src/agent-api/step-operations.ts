import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { cancelBuild } from '../domain/intervene.ts';
import type { Job, Step } from '../domain/records.ts';
import { cancelStep, exportStep, requireStep, updateStep } from '../domain/steps.ts';
import { requireBuild, type World } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { addOperation } from '../http/operation.ts';
import { ownBuild } from './own-build.ts';

/** Steps and builds, as jobs reach them: get, update and cancel a step, cancel the build. */
export function addStepOperations(app: FastifyInstance, context: SimulatorContext): void {
  addOperation(app, context, {
    name: 'step-export',
    method: 'POST',
    path: 'steps/:id/export',
    token: 'job',
    body: z.object({ attribute: z.string().optional(), build_id: z.string().optional(), format: z.string().optional() }),
    handle: call => ({ status: 200, body: { output: exportStep(stepOf(call), call.body.attribute, call.body.format) } }),
  });
  addOperation(app, context, {
    name: 'step-update',
    method: 'PUT',
    path: 'steps/:id',
    token: 'job',
    body: z.object({
      idempotency_uuid: z.string().optional(),
      build_id: z.string().optional(),
      attribute: z.string().min(1),
      value: z.string().default(''),
      append: z.boolean().default(false),
    }),
    handle: call => {
      const { idempotency_uuid: idempotencyId, attribute, value, append } = call.body;
      updateStep(call.world, stepOf(call), { idempotencyId, attribute, value, append });
      return { status: 200, body: {} };
    },
  });
  addOperation(app, context, {
    name: 'step-cancel',
    method: 'POST',
    path: 'steps/:id/cancel',
    token: 'job',
    body: z.object({ build_id: z.string().optional(), force: z.boolean().default(false), force_grace_period: z.number().optional() }),
    handle: call => {
      const step = stepOf(call);
      cancelStep(call.world, step);
      return { status: 200, body: { uuid: step.id } };
    },
  });
  addOperation(app, context, {
    name: 'build-cancel',
    method: 'POST',
    path: 'builds/:id/cancel',
    token: 'job',
    handle: ({ world, holder: { job }, params }) => {
      const build = ownBuild(world, job, requireBuild(world, params['id'] ?? ''));
      cancelBuild(world, build, `cancelled by job ${job.id}`);
      return { status: 200, body: { uuid: build.id } };
    },
  });
}

interface StepCall {
  readonly world: World;
  readonly holder: { readonly job: Job };
  readonly params: Readonly<Record<string, string>>;
  readonly body: { readonly build_id?: string | undefined };
}

/** The step, by id or key, in the build that is named or else in the job's own. */
function stepOf({ world, holder: { job }, params, body }: StepCall): Step {
  const build = requireBuild(world, body.build_id === undefined || body.build_id === '' ? job.buildId : body.build_id);
  return requireStep(ownBuild(world, job, build), params['id'] ?? '');
}
