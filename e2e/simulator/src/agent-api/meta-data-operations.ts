import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Build, Job } from '../domain/records.ts';
import { Refusal } from '../domain/refusal.ts';
import { buildOf, requireBuild, type World } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { addOperation } from '../http/operation.ts';
import { ownBuild } from './own-build.ts';

const keyBody = z.object({ key: z.string().min(1) });
const itemBody = z.object({ key: z.string().trim().min(1), value: z.string().min(1) });

/** Meta-data of the build: set by a job, read by way of a job or of the build. */
export function addMetaDataOperations(app: FastifyInstance, context: SimulatorContext): void {
  addOperation(app, context, {
    name: 'meta-data-set',
    method: 'POST',
    path: 'jobs/:id/data/set',
    token: 'job',
    body: itemBody,
    handle: ({ world, holder: { job }, body }) => {
      buildOf(world, job).metaData.set(body.key, body.value);
      return { status: 200, body: {} };
    },
  });
  addOperation(app, context, {
    name: 'meta-data-set-batch',
    method: 'POST',
    path: 'jobs/:id/data/set-batch',
    token: 'job',
    body: z.object({ items: z.array(itemBody).min(1) }),
    handle: ({ world, holder: { job }, body }) => {
      const { metaData } = buildOf(world, job);
      for (const { key, value } of body.items) metaData.set(key, value);
      return { status: 200, body: {} };
    },
  });
  for (const scope of ['jobs', 'builds'] as const) addReaders(scope);

  function addReaders(scope: 'jobs' | 'builds'): void {
    addOperation(app, context, {
      name: 'meta-data-get',
      method: 'POST',
      path: `${scope}/:id/data/get`,
      token: 'job',
      body: keyBody,
      handle: call => {
        const value = buildIn(scope, call).metaData.get(call.body.key);
        if (value === undefined) throw new Refusal('not-found', `no meta-data has the key "${call.body.key}"`);
        return { status: 200, body: { key: call.body.key, value } };
      },
    });
    addOperation(app, context, {
      name: 'meta-data-exists',
      method: 'POST',
      path: `${scope}/:id/data/exists`,
      token: 'job',
      body: keyBody,
      handle: call => ({ status: 200, body: { exists: buildIn(scope, call).metaData.has(call.body.key) } }),
    });
    addOperation(app, context, {
      name: 'meta-data-keys',
      method: 'POST',
      path: `${scope}/:id/data/keys`,
      token: 'job',
      handle: call => ({ status: 200, body: [...buildIn(scope, call).metaData.keys()] }),
    });
  }
}

interface ScopedCall {
  readonly world: World;
  readonly holder: { readonly job: Job };
  readonly params: Readonly<Record<string, string>>;
}

function buildIn(scope: 'jobs' | 'builds', { world, holder, params }: ScopedCall): Build {
  if (scope === 'jobs') return buildOf(world, holder.job);
  return ownBuild(world, holder.job, requireBuild(world, params['id'] ?? ''));
}
