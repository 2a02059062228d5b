import { hasEnded, type JobView } from '@buildkite-operator/e2e-simulator';
import { type Ending, type JobKind, jobKinds } from '../plan/job-kinds.ts';
import type { PlannedStep } from '../plan/storm-plan.ts';

/** What became of a job. */
export interface JobFacts {
  readonly job: Pick<JobView, 'id' | 'state' | 'passed' | 'exitStatus' | 'softFailed' | 'endedBy' | 'detail'>;
  /** How often its command reported itself as run. */
  readonly runs: number;
  /** How often its log says so. */
  readonly marks: number;
  readonly artifacts: readonly { readonly path: string; readonly state: string }[];
  /** What it set as its meta-data. */
  readonly metaData: string | undefined;
}

/** What became of a step: its first job and that job's retries, in order. */
export interface StepFacts {
  readonly step: Pick<PlannedStep, 'key' | 'kind'>;
  readonly jobs: readonly JobFacts[];
}

/** Everything that is not as it must be, a line each; none if every job ended rightly and ran as often as it must. */
export function judgeJobs(facts: readonly StepFacts[]): string[] {
  return facts.flatMap(({ step, jobs }) => {
    const { endings }: JobKind = jobKinds[step.kind];
    const name = `${step.key} (${step.kind})`;
    const amiss = jobs.flatMap((job, index) =>
      complaints(step, job, endings[index] ?? []).map(text => `${name}, job ${job.job.id}: ${text}`),
    );
    const number = jobs.length === endings.length ? [] : [`${name}: has ${jobs.length} jobs, not ${endings.length}`];
    return [...number, ...amiss];
  });
}

function complaints({ kind }: StepFacts['step'], facts: JobFacts, endings: readonly Ending[]): string[] {
  const { job, runs, marks, artifacts, metaData } = facts;
  if (!hasEnded(job.state)) return [`is still ${job.state}, after ${runs} runs`];
  const found: string[] = [];
  if (!endings.some(ending => fits(ending, facts))) found.push(`ended as ${describeEnd(facts)}`);
  // What was cut short may have reported itself before its log was sent, or the other way round.
  if (marks > 1 || (marks !== runs && job.state !== 'canceled'))
    found.push(`its log says ${marks} times that it ran, and it ran ${runs} times`);
  if (kind === 'artifact' && (artifacts.length !== 1 || artifacts[0]?.path !== `ran-${job.id}.txt` || artifacts[0].state !== 'finished'))
    found.push(`has the artifacts ${JSON.stringify(artifacts)}`);
  if (kind === 'metaData' && metaData !== 'yes') found.push(`has set ${metaData ?? 'nothing'}`);
  return found;
}

function fits({ runs: allowedRuns, detail, ...wanted }: Ending, { job, runs }: JobFacts): boolean {
  const is = { ...job, endedBy: job.endedBy ?? 'agent' };
  return (
    allowedRuns.includes(runs) &&
    (detail === undefined || detail.test(job.detail ?? '')) &&
    is.state === wanted.state &&
    is.endedBy === wanted.endedBy &&
    (wanted.passed === undefined || is.passed === wanted.passed) &&
    (wanted.exitStatus === undefined || is.exitStatus === wanted.exitStatus) &&
    (is.softFailed ?? false) === (wanted.softFailed ?? false)
  );
}

function describeEnd({ job, runs }: JobFacts): string {
  const { state, passed, exitStatus, softFailed, endedBy = 'agent', detail } = job;
  return `${JSON.stringify({ state, passed, exitStatus, softFailed, endedBy, detail })} after ${runs} runs`;
}
