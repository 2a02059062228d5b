import { errorMessage } from '@buildkite-operator/service';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { addAgentOperations } from '../agent-api/agent-operations.ts';
import { addAnnotationOperations } from '../agent-api/annotation-operations.ts';
import { addArtifactOperations } from '../agent-api/artifact-operations.ts';
import { addCredentialOperations } from '../agent-api/credential-operations.ts';
import { addJobOperations } from '../agent-api/job-operations.ts';
import { addLogOperations } from '../agent-api/log-operations.ts';
import { addMetaDataOperations } from '../agent-api/meta-data-operations.ts';
import { addPipelineOperations } from '../agent-api/pipeline-operations.ts';
import { addStepOperations } from '../agent-api/step-operations.ts';
import { addAdminRoutes } from '../control-api/admin-routes.ts';
import { addBuildRoutes } from '../control-api/build-routes.ts';
import { addJobRoutes } from '../control-api/job-routes.ts';
import { addStackRoutes } from '../control-api/stack-routes.ts';
import { buildView } from '../control-api/views.ts';
import { Refusal } from '../domain/refusal.ts';
import { requireBuild } from '../domain/world.ts';
import { addStackOperations } from '../stacks-api/stack-operations.ts';
import { acceptEmptyJson } from './accept-empty-json.ts';
import type { SimulatorContext } from './context.ts';
import { addFileRoutes } from './file-routes.ts';
import { injectFaults } from './inject-faults.ts';

/** Path of the agent's streaming ping, which this server does not speak: the agent takes 404 as a no and polls. */
const streamPingsPath = '/agentedge.v1.AgentEdgeService/StreamPings';

const bodyLimitBytes = 8_388_608;

/** The HTTP server with all its APIs, not yet listening. */
export async function createServer(context: SimulatorContext): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1000 },
    requestTimeout: 0,
  });
  app.addContentTypeParser(['text/plain', 'application/octet-stream'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof Refusal) return reply.code(error.status).send({ message: error.message });
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500 && request.url.startsWith('/v3/')) {
      context.world.referee.note({
        kind: 'malformed-body',
        request: { method: request.method, url: request.url },
        explanation: error.message,
      });
    }
    return reply.code(status).send({ message: status < 500 ? error.message : `fault of the simulator: ${errorMessage(error)}` });
  });
  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request;
    if (url !== streamPingsPath && !url.startsWith('/control/')) {
      context.world.referee.note({ kind: 'unknown-route', request: { method, url }, explanation: `the simulator has no ${method} ${url}` });
    }
    return reply.code(404).send({ message: `no route ${method} ${url}` });
  });
  await app.register(
    (agentApi, _options, done) => {
      injectFaults(agentApi, context, '/v3/');
      addAgentOperations(agentApi, context);
      addJobOperations(agentApi, context);
      addLogOperations(agentApi, context);
      addMetaDataOperations(agentApi, context);
      addAnnotationOperations(agentApi, context);
      addStepOperations(agentApi, context);
      addCredentialOperations(agentApi, context);
      addPipelineOperations(agentApi, context);
      addArtifactOperations(agentApi, context);
      done();
    },
    { prefix: '/v3' },
  );
  await app.register(
    (stacksApi, _options, done) => {
      injectFaults(stacksApi, context, '/v3/');
      acceptEmptyJson(stacksApi);
      addStackOperations(stacksApi, context);
      done();
    },
    { prefix: '/v3' },
  );
  await app.register(
    (control, _options, done) => {
      addAdminRoutes(control, context);
      addBuildRoutes(control, context);
      addJobRoutes(control, context);
      addStackRoutes(control, context);
      done();
    },
    { prefix: '/control' },
  );
  await app.register((files, _options, done) => {
    injectFaults(files, context, '/');
    addFileRoutes(files, context);
    done();
  });
  app.get('/.well-known/jwks', () => context.oidc.keySet);
  app.get('/.well-known/openid-configuration', () => ({
    issuer: context.world.baseUrl(),
    jwks_uri: `${context.world.baseUrl()}/.well-known/jwks`,
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
  }));
  app.get<{ Params: { pipeline: string; number: string } }>('/:organization/:pipeline/builds/:number', request =>
    buildView(context.world, requireBuild(context.world, `${request.params.pipeline}/${request.params.number}`)),
  );
  return app;
}
