import { setJobState } from './job-change.ts';
import type { Agent, Job, Reservation, Stack } from './records.ts';
import type { BreachRequest } from './referee.ts';
import { stackServing, toldOfPauseAt } from './stacks.ts';
import { buildOf, clusterOf, type World } from './world.ts';

export interface ReserveResult {
  readonly reserved: readonly string[];
  readonly notReserved: readonly string[];
  /** Jobs that another stack has, with its reservation. */
  readonly lostRaces: readonly (readonly [job: Job, held: Reservation])[];
}

/**
 * Reserves the jobs that are scheduled for the stack, and extends what it has reserved; the rest is named in `notReserved`.
 * Once the stack has got the answer, tell `noteLostRaces`. A paused queue does not hinder it, but the referee notes who goes on after having been told.
 */
export function reserveJobs(world: World, stack: Stack, ids: readonly string[], expiryMs: number, request: BreachRequest): ReserveResult {
  lapseReservations(world);
  const reserved: string[] = [];
  const notReserved: string[] = [];
  const lostRaces: [Job, Reservation][] = [];
  for (const id of new Set(ids)) {
    const job = world.jobs.get(id);
    const done = job !== undefined && isOfCluster(world, stack, job) && reserve(world, stack, job, expiryMs, request);
    (done ? reserved : notReserved).push(id);
    if (job?.reservation !== undefined && !done && isOfCluster(world, stack, job)) lostRaces.push([job, job.reservation]);
  }
  return { reserved, notReserved, lostRaces };
}

/** Notes that the stack knows whom it has lost jobs to: one attempt is a race, another one is none. */
export function noteLostRaces(stack: Stack, lostRaces: ReserveResult['lostRaces']): void {
  for (const [job, held] of lostRaces) stack.lostRaces.set(job, held);
}

/** Whether the job belongs to the cluster of the stack. */
export function isOfCluster(world: World, stack: Stack, job: Job): boolean {
  return buildOf(world, job).clusterId === stack.clusterId;
}

function reserve(world: World, stack: Stack, job: Job, expiryMs: number, request: BreachRequest): boolean {
  const now = world.clock.now();
  const { reservation } = job;
  if (reservation !== undefined) {
    if (reservation.stackKey !== stack.key) {
      if (stack.lostRaces.get(job) === reservation) noteForeignJob(world, stack, job, 'tried again to reserve', request);
      return false;
    }
    reservation.until = now + expiryMs;
    reservation.extensions += 1;
    world.events.emit('job', job);
    return true;
  }
  if (job.state !== 'scheduled' || job.type !== 'script') return false;
  notePausedQueue(world, stack, job, request);
  job.reservation = { stackKey: stack.key, madeAt: now, until: now + expiryMs, extensions: 0 };
  job.lastReservedBy = stack.key;
  setJobState(world, job, 'reserved');
  return true;
}

/** Notes that a stack laid hands on a job that another stack has reserved. */
export function noteForeignJob(world: World, stack: Stack, job: Job, deed: string, request: BreachRequest): void {
  world.referee.note({
    kind: 'two-stacks-on-one-job',
    jobId: job.id,
    request,
    explanation: `stack ${stack.key} ${deed} the job that stack ${job.reservation?.stackKey} has reserved`,
  });
}

function notePausedQueue(world: World, stack: Stack, job: Job, request: BreachRequest): void {
  const queue = queueOf(world, job);
  const toldAt = queue && toldOfPauseAt(stack, queue);
  if (toldAt === undefined) return;
  world.referee.note({
    kind: 'run-while-paused',
    jobId: job.id,
    request,
    explanation: `stack ${stack.key} reserved a job of queue ${job.queueKey}, though it had been told ${world.clock.now() - toldAt} ms before that the queue is paused`,
  });
}

/** Gives jobs whose reservations have run out back to the list. */
export function lapseReservations(world: World): void {
  for (const job of world.openJobs) lapseReservation(world, job);
}

export function lapseReservation(world: World, job: Job): void {
  if (job.reservation !== undefined && job.reservation.until <= world.clock.now()) setJobState(world, job, 'scheduled');
}

/**
 * What the referee says of an agent that gets this job now. A job that no stack has to do with may be acquired without more
 * ado, as by agents that are started by hand.
 */
export function judgeAcquisition(world: World, agent: Agent, job: Job, request: BreachRequest): void {
  const breach = { jobId: job.id, agentId: agent.id, request } as const;
  const { reservation } = job;
  if (reservation === undefined) {
    const stackKey = job.lastReservedBy ?? stackServing(world, agent.clusterId, job)?.key;
    if (stackKey === undefined) return;
    const explanation =
      job.lastReservedBy === undefined
        ? `stack ${stackKey} serves queue ${job.queueKey}, and the job was never reserved`
        : `the reservation of stack ${stackKey} had run out`;
    world.referee.note({ kind: 'acquired-without-reservation', ...breach, explanation });
    return;
  }
  const stack = world.stacks.get(reservation.stackKey);
  const queue = queueOf(world, job);
  const toldAt = stack && queue && toldOfPauseAt(stack, queue);
  if (toldAt === undefined) return;
  const sinceMs = world.clock.now() - toldAt;
  if (sinceMs <= world.settings.pausedQueueGraceMs) return;
  world.referee.note({
    kind: 'run-while-paused',
    ...breach,
    explanation: `the job was acquired ${sinceMs} ms after stack ${stack?.key} had been told that queue ${job.queueKey} is paused; what is on its way has ${world.settings.pausedQueueGraceMs} ms (setting pausedQueueGraceMs)`,
  });
}

function queueOf(world: World, job: Job) {
  return clusterOf(world, buildOf(world, job)).queues.get(job.queueKey);
}
