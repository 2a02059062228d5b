import type { FastifyInstance } from 'fastify';
import { createBuild, upsertPipeline } from '../domain/create-build.ts';
import { cancelBuild } from '../domain/intervene.ts';
import { Refusal } from '../domain/refusal.ts';
import { waitForChange } from '../domain/wait-for-change.ts';
import { requireBuild } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { parsePipelineYaml } from '../pipeline/parse-pipeline.ts';
import { createBuildSchema, waitForBuildQuerySchema } from './contract.ts';
import { parameter, parseInput } from './control-route.ts';
import { annotationView, artifactView, buildView } from './views.ts';

/** Builds: make, list, look at, cancel; their annotations and artifacts. */
export function addBuildRoutes(app: FastifyInstance, { world, artifacts }: SimulatorContext): void {
  app.post('/builds', async (request, reply) => {
    const { pipeline, yaml, ...rest } = parseInput(createBuildSchema, request.body);
    const definition = parsePipelineYaml(yaml);
    const { slug } = upsertPipeline(world, { ...pipeline, repository: pipeline.repository ?? rest.repository });
    return reply.code(201).send(buildView(world, createBuild(world, { ...rest, pipelineSlug: slug, definition })));
  });
  app.get('/builds', () => [...world.builds.values()].map(build => buildView(world, build)));
  app.get('/builds/:id', request => buildView(world, find(request.params)));
  app.get('/builds/by-number/:slug/:number', request =>
    buildView(world, requireBuild(world, `${parameter(request.params, 'slug')}/${parameter(request.params, 'number')}`)),
  );
  app.get('/builds/:id/wait', async (request, reply) => {
    const build = find(request.params);
    const { states, timeoutMs } = parseInput(waitForBuildQuerySchema, request.query);
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort());
    const isThere = () => states.includes(build.state);
    await waitForChange(world, ['build'], () => (isThere() ? true : undefined), timeoutMs, gone.signal);
    return { reached: isThere(), build: buildView(world, build) };
  });
  app.post('/builds/:id/cancel', request => {
    const build = find(request.params);
    cancelBuild(world, build, 'cancelled by a person');
    return buildView(world, build);
  });
  app.get('/builds/:id/annotations', request => [...find(request.params).annotations.values()].map(annotationView));
  app.get('/builds/:id/artifacts', request => {
    const build = find(request.params);
    return [...world.artifacts.values()].filter(({ buildId }) => buildId === build.id).map(artifactView);
  });
  app.get('/artifacts/:id/bytes', (request, reply) => {
    const id = parameter(request.params, 'id');
    const artifact = world.artifacts.get(id);
    if (artifact === undefined) throw new Refusal('not-found', `no artifact ${id}`);
    return reply.type('application/octet-stream').send(artifacts.read(artifact));
  });

  function find(params: unknown) {
    return requireBuild(world, parameter(params, 'id'));
  }
}
