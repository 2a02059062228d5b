import { endJob } from './end-job.ts';
import { giveJob, setJobState } from './job-change.ts';
import { hasEnded, isHeldByAgent, type JobState } from './job-state.ts';
import { progressBuild } from './progress.ts';
import type { Agent, Job } from './records.ts';
import type { BreachRequest } from './referee.ts';
import { Refusal } from './refusal.ts';
import { judgeAcquisition, lapseReservation } from './reservations.ts';
import { buildOf, newToken, type World } from './world.ts';

const waitingForJobs: ReadonlySet<JobState> = new Set(['pending', 'waiting', 'limiting', 'limited']);

/**
 * An agent asks for one certain job. Refused with `unprocessable` when it is taken, cancelled or over, and with `locked`
 * while it waits for other steps. The agent that has the job but has not started it gets it again, because its first
 * answer may have been lost.
 */
export function acquireJob(world: World, agent: Agent, job: Job, request: BreachRequest): Job {
  if (job.type !== 'script') throw new Refusal('unprocessable', `job ${job.id} is a ${job.type}, which no agent can run`);
  if (job.state === 'accepted' && job.agent === agent) return job;
  if (job.agent !== undefined && job.agent !== agent) {
    world.referee.note({
      kind: 'acquired-twice-attempt',
      jobId: job.id,
      agentId: agent.id,
      request,
      explanation: `agent ${agent.name} asked for the job that agent ${job.agent.name} ${hasEnded(job.state) ? 'had' : 'has'}; the job is ${job.state}`,
    });
  }
  lapseReservation(world, job);
  if (waitingForJobs.has(job.state)) throw new Refusal('locked', `job ${job.id} is ${job.state}: it waits for other jobs`);
  if (job.state !== 'scheduled' && job.state !== 'reserved') {
    throw new Refusal('unprocessable', `job ${job.id} cannot be acquired: it is ${job.state}`);
  }
  if (agent.job !== undefined) throw new Refusal('unprocessable', `agent ${agent.name} already has job ${agent.job.id}`);
  judgeAcquisition(world, agent, job, request);
  return accept(world, agent, job);
}

/** An agent takes the job that a ping has offered to it. */
export function acceptJob(world: World, agent: Agent, job: Job): Job {
  if (job.agent !== agent) throw new Refusal('unprocessable', `job ${job.id} was not assigned to this agent`);
  if (job.state === 'accepted') return job;
  if (job.state !== 'assigned') throw new Refusal('unprocessable', `job ${job.id} cannot be accepted: it is ${job.state}`);
  return accept(world, agent, job);
}

function accept(world: World, agent: Agent, job: Job): Job {
  giveJob(job, agent);
  job.token = newToken('bkjt');
  world.tokens.set(job.token, { kind: 'job', job, agent });
  setJobState(world, job, 'accepted');
  return job;
}

/** The agent begins to run the job. A repetition of the call, after a lost answer, changes nothing. */
export function startJob(world: World, agent: Agent, job: Job, startedAt: string, request: BreachRequest): void {
  if (job.state === 'accepted') {
    job.agentStartedAt = startedAt;
    setJobState(world, job, 'running');
    return;
  }
  const breach = { jobId: job.id, agentId: agent.id, request } as const;
  if (isHeldByAgent(job.state) && job.state !== 'assigned') {
    if (job.agentStartedAt === startedAt) return;
    world.referee.note({ kind: 'started-twice', ...breach, explanation: `started at ${job.agentStartedAt} and again at ${startedAt}` });
  }
  throw new Refusal('unprocessable', `job ${job.id} cannot be started: it is ${job.state}`);
}

/**
 * The job declares that it will fail, before it ends. Refused when it does not run (`unprocessable`) or has declared another
 * exit status (`conflict`).
 */
export function promiseFailure(world: World, job: Job, exitStatus: number, reason: string | undefined): void {
  if (job.timeline.startedAt === undefined || hasEnded(job.state))
    throw new Refusal('unprocessable', `job ${job.id} is not running: it is ${job.state}`);
  const known = job.promisedFailure;
  if (known !== undefined && known.exitStatus !== exitStatus)
    throw new Refusal('conflict', `exit status ${known.exitStatus} was already promised`);
  job.promisedFailure ??= { exitStatus, reason };
  progressBuild(world, buildOf(world, job));
}

export interface FinishCall {
  readonly exitStatus: number;
  readonly signal?: string | undefined;
  readonly signalReason?: string | undefined;
  readonly finishedAt: string;
  readonly chunksFailedCount: number;
}

/** The agent reports the end of the job. A repetition with the same content, after a lost answer, changes nothing. */
export function finishJob(world: World, agent: Agent, job: Job, call: FinishCall, request: BreachRequest): void {
  const content = JSON.stringify([call.exitStatus, call.signal, call.signalReason, call.finishedAt]);
  const breach = { jobId: job.id, agentId: agent.id, request } as const;
  if (hasEnded(job.state)) {
    if (job.finishCall === content) return;
    // An agent that was given up cannot know it, so only the second result of a job is a breach.
    if (job.finishCall !== undefined) {
      world.referee.note({ kind: 'finished-twice', ...breach, explanation: `first ${job.finishCall}, then ${content}` });
    }
    throw new Refusal('unprocessable', `job ${job.id} has already ended: it is ${job.state}`);
  }
  if (!isHeldByAgent(job.state)) throw new Refusal('unprocessable', `job ${job.id} cannot be finished: it is ${job.state}`);
  if (job.timeline.startedAt === undefined) {
    world.referee.note({ kind: 'finished-without-start', ...breach, explanation: `the job is ${job.state} and was never started` });
    throw new Refusal('unprocessable', `job ${job.id} cannot be finished before it is started`);
  }
  job.finishCall = content;
  job.agentFinishedAt = call.finishedAt;
  job.chunksFailedCount = call.chunksFailedCount;
  noteGaps(world, job, breach);
  endJob(world, job, call);
}

function noteGaps(world: World, job: Job, breach: { jobId: string; agentId: string; request: BreachRequest }): void {
  const gaps = job.log.gaps().map(({ from, to }) => `bytes ${from} to ${to}`);
  const missing = job.log.missingSequences();
  const failed = job.chunksFailedCount;
  if (gaps.length === 0 && missing.length === 0 && failed === 0) return;
  world.referee.note({
    kind: 'log-gap',
    ...breach,
    explanation: `missing ${gaps.join(', ') || 'no bytes between others'}; chunks ${missing.join(', ') || 'none'}; the agent counts ${failed} lost chunks`,
  });
}
