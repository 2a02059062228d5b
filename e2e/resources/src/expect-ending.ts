import type { BuildJob } from '@buildkite-operator/crds';
import type { JobView } from '@buildkite-operator/e2e-simulator';
import { type CurrentTestbed, outcome } from '@buildkite-operator/e2e-testbed/vitest';
import type { Live } from '@buildkite-operator/kube';
import { expect } from 'vitest';
import type { ExpectedEnding } from './ending-case.ts';

/** A node that is killed is the slowest cause. */
const endTimeoutMs = 300_000;

/** Waits for the end of a job, and compares status, pods and what Buildkite heard with what is expected. */
export async function expectEnding(
  { session }: CurrentTestbed,
  job: JobView,
  buildJob: Live<BuildJob>,
  { phase, reason, exitCode, says, buildkite, pods = 1 }: ExpectedEnding,
): Promise<void> {
  const { last } = await session.waitForEnd(buildJob, endTimeoutMs);
  const { message = '', ...status } = last.status ?? {};
  expect(status, message).toMatchObject({ phase, reason });
  expect(status.exitCode).toBe(exitCode);
  for (const part of says) expect(message).toContain(part);
  const inBuildkite =
    buildkite.state === 'scheduled' ? await session.simulator.job(job.id) : await session.simulator.waitForJob(job.id, 'ended');
  expect(outcome(inBuildkite)).toMatchObject(buildkite);
  expect(session.podWatch.ofJob(job.id)).toHaveLength(pods);
}

/** The Event of the end: a warning unless it is as wished, with the message of the status, of which it holds no more than 1024 bytes. */
export async function expectEvent({ session }: CurrentTestbed, buildJob: Live<BuildJob>, { reason }: ExpectedEnding): Promise<void> {
  const { last } = await session.waitForEnd(buildJob);
  const message = last.status?.message?.slice(0, 500);
  const [event] = await session.waitForEvents(
    buildJob,
    candidate => candidate.reason === reason && candidate.note?.slice(0, 500) === message,
  );
  expect(event?.type).toBe(reason === 'Completed' || reason === 'Cancelled' ? 'Normal' : 'Warning');
}
