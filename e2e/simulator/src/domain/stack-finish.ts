import { endJob } from './end-job.ts';
import { hasEnded, isHeldByAgent } from './job-state.ts';
import type { Job, Stack } from './records.ts';
import type { BreachRequest } from './referee.ts';
import { Refusal } from './refusal.ts';
import { lapseReservation, noteForeignJob } from './reservations.ts';
import type { World } from './world.ts';

export interface StackFinish {
  readonly exitStatus: number;
  readonly detail: string;
}

/**
 * A stack ends a job that no agent has taken. Every job once: a second call is refused (`unprocessable`), as is one for a job
 * that an agent owns, that another stack has reserved, or that is not scheduled.
 */
export function finishByStack(world: World, stack: Stack, job: Job, finish: StackFinish, request: BreachRequest): void {
  lapseReservation(world, job);
  if (job.stackFinish !== undefined) {
    noteRepetition(world, stack, job, finish, request);
    throw new Refusal('unprocessable', `job ${job.id} was already finished by stack ${job.stackFinish.stackKey}`);
  }
  if (hasEnded(job.state)) throw new Refusal('unprocessable', `job ${job.id} has already ended: it is ${job.state}`);
  if (isHeldByAgent(job.state)) {
    noteOwnedJob(world, stack, job, request);
    throw new Refusal('unprocessable', `job ${job.id} cannot be finished by a stack: it is ${job.state}, so an agent owns it`);
  }
  if (job.reservation !== undefined && job.reservation.stackKey !== stack.key) {
    noteForeignJob(world, stack, job, 'finished', request);
    throw new Refusal('unprocessable', `job ${job.id} cannot be finished: another stack has reserved it`);
  }
  if (job.type !== 'script' || (job.state !== 'scheduled' && job.state !== 'reserved'))
    throw new Refusal('unprocessable', `job ${job.id} cannot be finished: it is ${job.state}`);
  job.detail = finish.detail;
  job.stackFinish = { stackKey: stack.key, ...finish, wasAnswered: false };
  endJob(world, job, { exitStatus: finish.exitStatus, signalReason: 'stack_error' }, 'stack');
}

/** The same call again is what a client does that never got the answer; anything else breaks the rule. */
function noteRepetition(world: World, stack: Stack, job: Job, { exitStatus, detail }: StackFinish, request: BreachRequest): void {
  const first = job.stackFinish;
  if (first === undefined) return;
  const isSame = first.stackKey === stack.key && first.exitStatus === exitStatus && first.detail === detail;
  if (isSame && !first.wasAnswered) return;
  world.referee.note({
    kind: 'finished-twice',
    jobId: job.id,
    request,
    explanation: `first by stack ${first.stackKey} with ${first.exitStatus} ${JSON.stringify(first.detail)}, then by stack ${stack.key} with ${exitStatus} ${JSON.stringify(detail)}`,
  });
}

/** An agent may have been quicker than a stack that had asked; one that had not, or knew, breaks the rule. */
function noteOwnedJob(world: World, stack: Stack, job: Job, request: BreachRequest): void {
  const told = stack.toldStates.get(job);
  if (told !== undefined && !isHeldByAgent(told)) return;
  world.referee.note({
    kind: 'finished-while-agent-owns',
    jobId: job.id,
    agentId: job.agent?.id,
    request,
    explanation: `stack ${stack.key} ${told === undefined ? 'never asked for the state of the job' : `had been told that the job is ${told}`}`,
  });
}
