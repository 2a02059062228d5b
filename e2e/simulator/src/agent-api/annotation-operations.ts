import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { annotate, removeAnnotation } from '../domain/annotations.ts';
import { buildOf } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { addOperation } from '../http/operation.ts';
import { refuseAfterFinish } from './refuse-after-finish.ts';

const scope = z.enum(['build', 'job']).default('build');

/** Annotations of the build page. */
export function addAnnotationOperations(app: FastifyInstance, context: SimulatorContext): void {
  addOperation(app, context, {
    name: 'annotate',
    method: 'POST',
    path: 'jobs/:id/annotations',
    token: 'job',
    body: z.object({
      body: z.string().optional(),
      context: z.string().min(1).default('default'),
      style: z.enum(['default', 'success', 'info', 'warning', 'error']).optional(),
      append: z.boolean().default(false),
      priority: z.int().min(1).max(10).optional(),
      scope,
    }),
    handle: ({ world, holder: { job }, body, request }) => {
      refuseAfterFinish(world, job, request);
      const { id } = annotate(world, buildOf(world, job), job, body);
      return { status: 201, body: { id } };
    },
  });
  addOperation(app, context, {
    name: 'annotation-remove',
    method: 'DELETE',
    path: 'jobs/:id/annotations/:context',
    token: 'job',
    query: z.object({ scope }),
    handle: ({ world, holder: { job }, params, query, request }) => {
      refuseAfterFinish(world, job, request);
      removeAnnotation(buildOf(world, job), job, query.scope, params['context'] ?? '');
      return { status: 200, body: {} };
    },
  });
}
