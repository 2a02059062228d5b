import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../domain/refusal.ts';
import { buildOf, clusterOf } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { addOperation } from '../http/operation.ts';
import { refuseAfterFinish } from './refuse-after-finish.ts';

const maxLifetimeSeconds = 86_400;
const names = z
  .array(z.string().min(1))
  .nullish()
  .transform(list => list ?? []);

/** What a job may ask for: OIDC tokens, secrets of its cluster, access to repositories. */
export function addCredentialOperations(app: FastifyInstance, context: SimulatorContext): void {
  addOperation(app, context, {
    name: 'oidc-token',
    method: 'POST',
    path: 'jobs/:id/oidc/tokens',
    token: 'job',
    body: z.object({
      audience: z.string().min(1).optional(),
      lifetime: z.int().positive().max(maxLifetimeSeconds).optional(),
      claims: names,
      aws_session_tags: names,
      subject_claim: z.string().min(1).optional(),
    }),
    handle: ({ world, holder: { job }, body, request }) => {
      refuseAfterFinish(world, job, request);
      const token = context.oidc.issue(world, job, {
        audience: body.audience,
        lifetimeSeconds: body.lifetime,
        claims: body.claims,
        awsSessionTags: body.aws_session_tags,
        subjectClaim: body.subject_claim,
      });
      return { status: 200, body: { token } };
    },
  });
  addOperation(app, context, {
    name: 'secret-get',
    method: 'GET',
    path: 'jobs/:id/secrets',
    token: 'job',
    query: z.object({ key: z.string().min(1) }),
    handle: ({ world, holder: { job }, query: { key }, request }) => {
      refuseAfterFinish(world, job, request);
      const secret = clusterOf(world, buildOf(world, job)).secrets.get(key);
      if (secret === undefined) throw new Refusal('not-found', `the cluster has no secret "${key}"`);
      return { status: 200, body: { key, value: secret.value, uuid: secret.id } };
    },
  });
  addOperation(app, context, {
    name: 'repository-token',
    method: 'POST',
    path: 'jobs/:id/repository_access_token',
    token: 'job',
    body: z.object({ repo_url: z.string().min(1) }),
    handle: ({ world, body }) => {
      const token = world.repositoryTokens.get(body.repo_url);
      if (token === undefined) throw new Refusal('not-found', `no access token for ${body.repo_url}`);
      return { status: 200, body: { token } };
    },
  });
}
