import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { RateLimitScope } from '../domain/rate-limits.ts';
import type { Cluster, Stack } from '../domain/records.ts';
import { requireStack } from '../domain/stacks.ts';
import type { World } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { type Admission, type Answer, addOperation, type Call } from '../http/operation.ts';

export type StackCall<Body, Query> = Call<{ readonly kind: 'registration'; readonly cluster: Cluster }, Body, Query> & {
  readonly stack: Stack;
};

interface StackOperation<Body extends z.ZodType, Query extends z.ZodType> {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below `stacks/:key/`. */
  readonly path: string;
  readonly scope: RateLimitScope;
  readonly body?: Body;
  readonly query?: Query;
  readonly handle: (call: StackCall<z.output<Body>, z.output<Query>>) => Answer;
}

/** Adds a route for a stack that has registered. Each counts against its rate limit, whatever comes of it. */
export function addStackOperation<Body extends z.ZodType, Query extends z.ZodType>(
  app: FastifyInstance,
  context: SimulatorContext,
  { path, scope, handle, ...operation }: StackOperation<Body, Query>,
): void {
  addOperation(app, context, {
    ...operation,
    path: `stacks/:key/${path}`,
    token: 'registration',
    bodyRefusal: refusalOf,
    admit: ({ cluster }, { key = '' }) => admit(context.world, cluster, key, scope),
    handle: call => handle({ ...call, stack: requireStack(call.world, call.holder.cluster, call.params['key'] ?? '') }),
  });
}

/** Counts a call. The headers are those of every answer of the stacks API. */
export function admit(world: World, cluster: Cluster, key: string, scope: RateLimitScope): Admission {
  const { allowed, limit, current, remaining, resetSeconds } = world.rateLimiter.take(`${cluster.id}/${key}`, scope);
  const headers = {
    'RateLimit-Scope': scope,
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(resetSeconds),
  };
  if (allowed) return { headers };
  const message = `stack ${key} has called more than ${limit} times within a second; wait ${resetSeconds} s`;
  return {
    headers: { ...headers, 'Retry-After': String(resetSeconds) },
    refusal: { status: 429, body: { message, scope, limit, current, reset: resetSeconds } },
  };
}

/** Of the wrong type altogether is a malformed call; a value that is not allowed is one that cannot be processed. */
function refusalOf({ issues }: z.ZodError): 'malformed' | 'unprocessable' {
  return issues.some(({ code }) => code === 'invalid_type') ? 'malformed' : 'unprocessable';
}
