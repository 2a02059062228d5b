import type { BuildView, JobView } from '../control-api/contract.ts';
import type { Fault, FaultAction } from '../domain/faults.ts';
import type { RefereeEntry } from '../domain/referee.ts';

/** A build and its jobs, a line each. */
export function buildLines(build: BuildView): string[] {
  const { pipelineSlug, number, state, id, branch, commit, message, jobs } = build;
  return [
    `build ${pipelineSlug}/${number}  ${state}  ${id}`,
    `  ${branch} ${commit}  ${message.split('\n')[0]}`,
    ...jobs.map(job => `  ${jobLine(job)}`),
  ];
}

export function jobLine(job: JobView): string {
  const name = job.label ?? (job.type === 'script' ? job.command.split('\n')[0] : job.type);
  const result = [
    job.exitStatus === undefined ? undefined : `exit status ${job.exitStatus}`,
    job.signalReason,
    job.endedBy,
    job.softFailed === true ? 'soft failed' : undefined,
    job.retriedIn === undefined ? undefined : `retried in ${job.retriedIn}`,
  ].filter(part => part !== undefined);
  return `${job.id}  ${job.state}${result.length === 0 ? '' : ` (${result.join(', ')})`}  ${name}`;
}

export function faultLine({ id, match, action, hit, matched, times }: Fault): string {
  const where = [match.method ?? 'ANY', match.route ?? '**', match.jobId].filter(part => part !== undefined).join(' ');
  return `${id}  ${where}  ${actionText(action)}  hit ${hit}${times === undefined ? '' : ` of ${times}`}, matched ${matched}`;
}

function actionText(action: FaultAction): string {
  switch (action.type) {
    case 'status':
      return `status ${action.status}`;
    case 'delay':
      return `delay ${action.ms} ms`;
    case 'lost-answer':
      return 'lost answer';
    case 'any-of':
      return action.actions.map(actionText).join(' or ');
    case 'drop':
      return 'drop';
  }
}

export function refereeLines({ at, kind, jobId, agentId, request, explanation }: RefereeEntry): string[] {
  const about = [jobId === undefined ? undefined : `job ${jobId}`, agentId === undefined ? undefined : `agent ${agentId}`].filter(
    part => part !== undefined,
  );
  return [
    `${new Date(at).toISOString()}  ${kind}  ${about.join(', ')}`,
    `  ${explanation}`,
    ...(request === undefined ? [] : [`  in ${request.method} ${request.url}`]),
  ];
}
