import type { BuildView, JobView, SimulatorClient } from '@buildkite-operator/e2e-simulator';
import type { PlannedBuild } from '../plan/storm-plan.ts';
import type { JobFacts, StepFacts } from '../verdict/judge-jobs.ts';
import type { RunLedger } from './run-ledger.ts';

/** A planned build with the one that was made of it. */
export interface MadeBuild {
  readonly planned: PlannedBuild;
  readonly id: string;
}

/** All that is known of every step after the storm: from Buildkite, from the ledger, and from what the commands left. */
export async function gatherFacts(simulator: SimulatorClient, ledger: RunLedger, builds: readonly MadeBuild[]): Promise<StepFacts[]> {
  const facts: StepFacts[] = [];
  for (const { planned, id } of builds) {
    const [build, artifacts] = await Promise.all([simulator.build(id), simulator.artifacts(id)]);
    const jobFacts = async (job: JobView): Promise<JobFacts> => ({
      job,
      runs: ledger.runsOf(job.id),
      marks: await marksIn(simulator, job),
      artifacts: artifacts.filter(({ jobId }) => jobId === job.id).map(({ path, state }) => ({ path, state })),
      metaData: build.metaData[`ran-${job.id}`],
    });
    for (const step of planned.steps) facts.push({ step, jobs: await Promise.all(jobsOf(build, step.key).map(jobFacts)) });
  }
  return facts;
}

function jobsOf({ jobs }: BuildView, key: string): JobView[] {
  return jobs.filter(({ stepKey }) => stepKey === key);
}

/** How often the job's log says that its command has run. */
async function marksIn(simulator: SimulatorClient, job: JobView): Promise<number> {
  const log = (await simulator.jobLog(job.id, { strip: true })).toString();
  return [...log.matchAll(new RegExp(`^ran ${job.id}\\s*$`, 'gm'))].length;
}
