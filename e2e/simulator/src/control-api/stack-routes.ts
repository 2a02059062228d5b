import type { FastifyInstance } from 'fastify';
import { setJobState } from '../domain/job-change.ts';
import type { Job, Queue, Stack } from '../domain/records.ts';
import { Refusal } from '../domain/refusal.ts';
import { lapseReservations } from '../domain/reservations.ts';
import { setDispatchPaused, stackState } from '../domain/stacks.ts';
import { addRegistrationToken, ensureQueue, findCluster, requireJob, revokeRegistrationToken, type World } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { parameter, parseInput } from './control-route.ts';
import {
  createTokenSchema,
  type NotificationView,
  notificationsQuerySchema,
  type QueueView,
  queueSchema,
  type ReservationView,
  type StackView,
} from './stack-contract.ts';

/** What stacks meet: queues and tokens; and what they have done: stacks, reservations, notifications. */
export function addStackRoutes(app: FastifyInstance, { world }: SimulatorContext): void {
  app.put('/queues/:key', request => {
    const { cluster, dispatchPaused } = parseInput(queueSchema, request.body);
    const queue = ensureQueue(findCluster(world, cluster), parameter(request.params, 'key'));
    if (dispatchPaused !== undefined) setDispatchPaused(world, queue, dispatchPaused);
    return queueView(queue);
  });
  app.post('/tokens', (request, reply) => {
    const { cluster, token } = parseInput(createTokenSchema, request.body);
    return reply.code(201).send({ token: addRegistrationToken(world, findCluster(world, cluster), token) });
  });
  app.delete('/tokens/:token', (request, reply) => {
    revokeRegistrationToken(world, parameter(request.params, 'token'));
    return reply.code(204).send();
  });
  app.get('/stacks', () => [...world.stacks.values()].map(stack => stackView(world, stack)));
  app.delete('/stacks/:key', (request, reply) => {
    const key = parameter(request.params, 'key');
    if (!world.stacks.delete(key)) throw new Refusal('not-found', `no stack ${key}`);
    return reply.code(204).send();
  });
  app.get('/reservations', () => {
    lapseReservations(world);
    return reservedJobs(world).flatMap(job => reservationView(job) ?? []);
  });
  app.delete('/reservations', (_request, reply) => {
    for (const job of reservedJobs(world)) setJobState(world, job, 'scheduled');
    return reply.code(204).send();
  });
  app.delete('/reservations/:jobId', (request, reply) => {
    const job = requireJob(world, parameter(request.params, 'jobId'));
    if (job.reservation === undefined) throw new Refusal('unprocessable', `job ${job.id} is not reserved: it is ${job.state}`);
    setJobState(world, job, 'scheduled');
    return reply.code(204).send();
  });
  app.get('/notifications', (request): NotificationView[] => {
    const { jobId } = parseInput(notificationsQuerySchema, request.query);
    const jobs = jobId === undefined ? [...world.jobs.values()] : [requireJob(world, jobId)];
    return jobs.flatMap(({ id, notifications }) => notifications.map(notification => ({ jobId: id, ...notification })));
  });
}

function reservedJobs(world: World): Job[] {
  return [...world.openJobs].filter(({ reservation }) => reservation !== undefined);
}

function reservationView({ id, queueKey, reservation }: Job): ReservationView | undefined {
  return reservation && { jobId: id, queue: queueKey, ...reservation };
}

function queueView({ id, key, dispatchPaused, pausedAt }: Queue): QueueView {
  return { id, key, dispatchPaused, pausedAt };
}

function stackView(world: World, stack: Stack): StackView {
  const { id, key, type, clusterId, queueKey, polledQueues, metadata, registeredAt, lastConnectedAt, lastPolledAt } = stack;
  return {
    id,
    key,
    type,
    clusterId,
    queue: queueKey,
    polledQueues: [...polledQueues.keys()],
    metadata,
    state: stackState(world, stack),
    registeredAt,
    lastConnectedAt,
    lastPolledAt,
    calls: world.rateLimiter.counts(`${clusterId}/${key}`),
  };
}
