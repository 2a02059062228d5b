import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { cancelJob, retryJob, unblockJob } from '../domain/intervene.ts';
import { hasEnded, type JobState, jobStates } from '../domain/job-state.ts';
import { Refusal } from '../domain/refusal.ts';
import { waitForChange } from '../domain/wait-for-change.ts';
import { requireJob } from '../domain/world.ts';
import type { SimulatorContext } from '../http/context.ts';
import { logQuerySchema, unblockSchema, waitQuerySchema } from './contract.ts';
import { parameter, parseInput } from './control-route.ts';
import { streamLog } from './log-stream.ts';
import { jobDetail, jobView } from './views.ts';

/** Jobs: list, look at, wait for, read the log of, cancel, retry, unblock. */
export function addJobRoutes(app: FastifyInstance, context: SimulatorContext): void {
  const { world } = context;
  app.get('/jobs', () => [...world.jobs.values()].map(job => jobView(world, job)));
  app.get('/jobs/:id', request => jobDetail(world, find(request.params)));
  app.get('/jobs/:id/wait', async (request, reply) => {
    const job = find(request.params);
    const { states, timeoutMs } = parseInput(waitQuerySchema, request.query);
    const wanted = parseStates(states);
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort());
    await waitForChange(world, ['job'], () => (wanted(job.state) ? true : undefined), timeoutMs, gone.signal);
    return { reached: wanted(job.state), job: jobView(world, job) };
  });
  app.get('/jobs/:id/log', (request, reply) => {
    const job = find(request.params);
    const options = parseInput(logQuerySchema, request.query);
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort());
    return reply.type('application/octet-stream').send(Readable.from(streamLog(context, job, options, gone.signal), { objectMode: false }));
  });
  app.post('/jobs/:id/cancel', request => {
    const job = find(request.params);
    cancelJob(world, job);
    return jobView(world, job);
  });
  app.post('/jobs/:id/retry', (request, reply) => reply.code(201).send(jobView(world, retryJob(world, find(request.params)))));
  app.post('/jobs/:id/unblock', request => {
    const job = find(request.params);
    unblockJob(world, job, parseInput(unblockSchema, request.body).fields);
    return jobView(world, job);
  });

  function find(params: unknown) {
    return requireJob(world, parameter(params, 'id'));
  }
}

function parseStates(text: string): (state: JobState) => boolean {
  const names = text.split(',');
  const unknown = names.find(name => name !== 'ended' && !jobStates.some(state => state === name));
  if (unknown !== undefined)
    throw new Refusal('malformed', `states: "${unknown}" is no job state; use ended, or of ${jobStates.join(', ')}`);
  return state => names.includes(state) || (names.includes('ended') && hasEnded(state));
}
