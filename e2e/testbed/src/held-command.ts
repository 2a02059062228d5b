import type { BuildJob } from '@buildkite-operator/crds';
import type { JobView } from '@buildkite-operator/e2e-simulator';
import type { Live } from '@buildkite-operator/kube';
import type { BuildJobInput, TestbedSession } from './connect-testbed.ts';
import { runs } from './job-samples.ts';
import type { CurrentTestbed } from './use-testbed.ts';

/** A script that waits until `release` is called. */
export const held = 'until [ -e /workspace/released ]; do sleep 0.2; done';

/** Lets a held script in this container of the job's pod go on. */
export async function release({ info, kubectl }: TestbedSession, job: JobView, container = 'container-0'): Promise<void> {
  await kubectl(['exec', '-n', info.namespace, `bk-${job.id}`, '-c', container, '--', 'touch', '/workspace/released']);
}

/** A job whose command has started, as its log and its phase say. */
export async function startRunning(
  testbed: CurrentTestbed,
  command: string,
  input: BuildJobInput = {},
): Promise<{ readonly job: JobView; readonly buildJob: Live<BuildJob> }> {
  const job = await testbed.createJob(runs(command));
  const buildJob = await testbed.start(job, input);
  await testbed.session.waitForPhase(buildJob, 'Running');
  await testbed.session.simulator.waitForLog(job.id, 'started');
  return { job, buildJob };
}

/** Waits until the job has ended in Buildkite and its pod with it; the BuildJob may not know yet. */
export async function waitForPodToEnd({ simulator, podWatch }: TestbedSession, job: JobView): Promise<JobView> {
  const ended = await simulator.waitForJob(job.id, 'ended');
  await podWatch.waitFor(job.id, 'over', ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed');
  return ended;
}
