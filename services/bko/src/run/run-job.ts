import { type BuildJob, buildJobResource } from '@buildkite-operator/crds';
import {
  builtin,
  defineResource,
  isKubeError,
  type Live,
  ownerReference,
  ResourceClient,
  type Secret,
  type Transport,
} from '@buildkite-operator/kube';
import { errorMessage, type Logger, sleep } from '@buildkite-operator/service';
import { type Ending, endingOf, exitCodes } from './ending.ts';
import { watchJob } from './job-watch.ts';
import { type OutsideJob, runIdAnnotation } from './outside-job.ts';
import { PodLog } from './pod-log.ts';

const buildJobs = defineResource<BuildJob>(buildJobResource);

/** How long logs may still come once the job has ended, and how long until they are given up, in milliseconds. */
const lateMs = 10_000;
const giveUpMs = 30_000;

export interface RunJobOptions {
  readonly transport: Transport;
  readonly write: (bytes: Uint8Array | string) => Promise<void>;
  /** For people, a line each. */
  readonly tell: (line: string) => void;
  readonly logger: Logger;
}

/**
 * Makes the BuildJob and its Secret, follows the job to its end, and removes both. When the signal is aborted the job is cancelled, and its end
 * is waited for all the same. The Secret belongs to the BuildJob from its first moment, and the BuildJob has a time to live: whatever kills this,
 * nothing stays for ever.
 */
export async function runJob(job: OutsideJob, options: RunJobOptions, signal: AbortSignal): Promise<Ending> {
  const run = new AbortController();
  try {
    const made = await makeJob(job, options, run.signal);
    if ('exitCode' in made) return made;
    return await followJob(made, options, signal, run.signal);
  } finally {
    run.abort();
  }
}

async function makeJob({ buildJob, secret }: OutsideJob, { transport }: RunJobOptions, run: AbortSignal): Promise<Ending | Live<BuildJob>> {
  const jobs = new ResourceClient(transport, buildJobs);
  const name = buildJob.metadata.name ?? '';
  const ref = { name, namespace: buildJob.metadata.namespace };
  let made: Live<BuildJob>;
  try {
    made = await jobs.create(buildJob, {}, run);
  } catch (error) {
    const found = isKubeError(error, 'AlreadyExists') ? await jobs.find(ref, {}, run) : undefined;
    if (found === undefined) return { exitCode: exitCodes.notMade, message: `no BuildJob could be made: ${errorMessage(error)}` };
    // The answer to the first try was lost.
    if (found.metadata.annotations?.[runIdAnnotation] !== buildJob.metadata.annotations?.[runIdAnnotation]) {
      const since = `${found.status?.phase ?? 'Pending'}, made at ${found.metadata.creationTimestamp}`;
      const remedy = `if no other bko run follows it: kubectl delete buildjob ${name} --namespace ${ref.namespace}`;
      return {
        exitCode: exitCodes.alreadyThere,
        message: `BuildJob ${name} of this job exists already (${since}); a job runs once; ${remedy}`,
      };
    }
    made = found;
  }
  try {
    const owner = ownerReference(buildJobs, made, { controller: false, blockOwnerDeletion: false });
    await new ResourceClient<Secret>(transport, builtin.secrets).create(
      { ...secret, metadata: { ...secret.metadata, ownerReferences: [owner] } },
      {},
      run,
    );
  } catch (error) {
    // The name is this run's alone: what is there is what was made before the answer was lost.
    if (!isKubeError(error, 'AlreadyExists')) {
      await jobs.delete(ref, { preconditions: { uid: made.metadata.uid } }, run);
      return { exitCode: exitCodes.notMade, message: `the Secret with the job's environment could not be made: ${errorMessage(error)}` };
    }
  }
  return made;
}

async function followJob(made: Live<BuildJob>, options: RunJobOptions, stop: AbortSignal, run: AbortSignal): Promise<Ending> {
  const { transport, write, tell, logger } = options;
  const { name, namespace, uid } = made.metadata;
  const jobs = new ResourceClient(transport, buildJobs);
  const [over, late] = [new AbortController(), new AbortController()];
  const log = new PodLog({ transport, namespace, write, tell, over: over.signal, late: late.signal });
  let told = '';
  const onState = (job: Live<BuildJob>) => {
    const line = stateLine(job);
    if (line !== told) tell(`${name}: ${line}`);
    told = line;
    log.see(job, run);
  };
  const cancel = () => {
    tell(`${name}: stopping`);
    jobs
      .mergePatch({ name, namespace }, { spec: { cancelled: true } }, { preconditions: { uid }, deadlineMs: 120_000, attempts: 20 }, run)
      .catch((error: unknown) => {
        if (!run.aborted && !isKubeError(error, 'NotFound', 'Conflict')) tell(`${name} cannot be cancelled: ${errorMessage(error)}`);
      });
  };
  if (stop.aborted) cancel();
  else stop.addEventListener('abort', cancel, { once: true });
  const status = await watchJob({ transport, resource: buildJobs, namespace, name, uid, logger, onState }, run);
  stop.removeEventListener('abort', cancel);
  over.abort();
  const timer = setTimeout(() => late.abort(), lateMs);
  await Promise.race([log.end(), sleep(giveUpMs, run)]);
  clearTimeout(timer);
  if (status === undefined)
    return { exitCode: exitCodes.infrastructure, message: `BuildJob ${name} was deleted by somebody else before the job had ended` };
  try {
    await jobs.delete({ name, namespace }, { preconditions: { uid }, propagationPolicy: 'Background' }, run);
  } catch (error) {
    tell(`${name} cannot be removed: ${errorMessage(error)}; it goes by itself after its ttlSecondsAfterFinished`);
  }
  return endingOf(status);
}

/** `Scheduling: Unschedulable: no node …`. */
function stateLine({ status }: Live<BuildJob>): string {
  const { phase = 'Pending', reason, message } = status ?? {};
  return [phase, reason, message].filter(text => text !== undefined && text !== '').join(': ');
}
