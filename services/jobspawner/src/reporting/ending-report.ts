import { type BuildJob, isFinal, reasons } from '@buildkite-operator/crds';
import { fitBytes } from '@buildkite-operator/stacks-api';

/** What Buildkite is told of a job that no agent has run. */
export interface EndingReport {
  /** Never 0, which would pass the job. */
  readonly exitStatus: number;
  /** For the pipeline's author; within the 4 KiB that Buildkite takes. */
  readonly detail: string;
}

/** What failures of infrastructure have: users' retry rules match on it. */
const noExitStatus = -1;

/** Leaves room for what stands behind it within 4 KiB. */
const longestCause = 3400;

/** The end of a BuildJob in a pipeline author's words, with the true exit status where one is recorded and -1 otherwise. Pure. */
export function endingReport(job: BuildJob): EndingReport {
  const { exitCode } = job.status ?? {};
  const exitStatus = exitCode === undefined || exitCode === 0 ? noExitStatus : exitCode;
  const { name, namespace } = job.metadata;
  return { exitStatus, detail: `${causeOf(job)}\n\nBuildJob ${namespace}/${name}` };
}

function causeOf({ status = {} }: BuildJob): string {
  if (!isFinal(status.phase)) return 'Deleted: the BuildJob of this job was deleted before an agent had taken the job; run the job again';
  const { reason = 'Deleted', message = '' } = status;
  return message === '' ? `${reason}: ${reasons[reason]}` : `${reason}: ${fitBytes(message, longestCause)}\n\n${reasons[reason]}`;
}
