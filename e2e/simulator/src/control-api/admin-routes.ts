import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { faultSchema } from '../domain/faults.ts';
import { Refusal } from '../domain/refusal.ts';
import { resetWorld } from '../domain/reset-world.ts';
import { settingsPatchSchema } from '../domain/settings.ts';
import { addCluster, findCluster } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { createClusterSchema, type RefereeReport, repositoryTokenSchema, type SimulatorInfo, secretSchema } from './contract.ts';
import { parameter, parseInput } from './control-route.ts';
import { agentView, clusterView } from './views.ts';

/** The simulator itself: what it is, its clusters and secrets, agents, settings, faults, referee, reset. */
export function addAdminRoutes(app: FastifyInstance, { world, faults }: SimulatorContext): void {
  app.get(
    '/info',
    (): SimulatorInfo => ({
      organization: { id: world.organization.id, slug: world.organization.slug },
      endpoint: `${world.baseUrl()}/v3`,
      clusters: [...world.clusters.values()].map(clusterView),
    }),
  );
  app.post('/clusters', (request, reply) => {
    const { name, token } = parseInput(createClusterSchema, request.body);
    if ([...world.clusters.values()].some(cluster => cluster.name === name))
      throw new Refusal('conflict', `cluster ${name} exists already`);
    if (token !== undefined && world.tokens.has(token)) throw new Refusal('conflict', 'this token is already in use; choose another');
    return reply.code(201).send(clusterView(addCluster(world, name, token)));
  });
  app.put('/secrets/:key', (request, reply) => {
    const { value, cluster } = parseInput(secretSchema, request.body);
    findCluster(world, cluster).secrets.set(parameter(request.params, 'key'), { id: randomUUID(), value });
    return reply.code(204).send();
  });
  app.put('/repository-tokens', (request, reply) => {
    const { repository, token } = parseInput(repositoryTokenSchema, request.body);
    world.repositoryTokens.set(repository, token);
    return reply.code(204).send();
  });
  app.get('/agents', () => [...world.agents.values()].map(agentView));
  app.get('/settings', () => world.settings);
  app.patch('/settings', request => {
    const patch = parseInput(settingsPatchSchema, request.body);
    world.settings = { ...world.settings, ...Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) };
    return world.settings;
  });
  app.get('/faults', () => faults.faults);
  app.post('/faults', (request, reply) => reply.code(201).send(faults.add(parseInput(faultSchema, request.body))));
  app.delete('/faults', (_request, reply) => {
    faults.clear();
    return reply.code(204).send();
  });
  app.delete('/faults/:id', (request, reply) => {
    const id = parameter(request.params, 'id');
    if (!faults.remove(id)) throw new Refusal('not-found', `no fault ${id}`);
    return reply.code(204).send();
  });
  app.get('/referee', (): RefereeReport => ({ entries: world.referee.entries, dropped: world.referee.dropped }));
  app.delete('/referee', (_request, reply) => {
    world.referee.clear();
    return reply.code(204).send();
  });
  app.post('/reset', (_request, reply) => {
    resetWorld({ world, faults });
    return reply.code(204).send();
  });
}
