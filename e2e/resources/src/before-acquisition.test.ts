import type { BuildJob } from '@buildkite-operator/crds';
import type { JobView } from '@buildkite-operator/e2e-simulator';
import type { BuildJobInput } from '@buildkite-operator/e2e-testbed';
import { held, makePriorityClass, outcome, release, runs, useTestbed, wholeLife } from '@buildkite-operator/e2e-testbed/vitest';
import type { Live, Pod } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';
import { endedByCommand, untouched } from './ending-case.ts';
import { evict } from './evict.ts';
import { offerResource } from './extended-resource.ts';
import { leftAtOnce } from './left-at-once.ts';
import { OwnNode } from './own-node.ts';

const testbed = useTestbed();

/** A job whose pods wait at a gate until they are released: none of its own containers has started there. */
async function startAtGate(input: BuildJobInput = {}): Promise<{ readonly job: JobView; readonly buildJob: Live<BuildJob> }> {
  const job = await testbed.createJob(runs('true'));
  const gate = { name: 'gate', image: testbed.session.info.images.busybox, command: ['sh', '-c', `trap 'exit 1' TERM; ${held}`] };
  const buildJob = await testbed.start(job, { initContainers: [gate], ...input });
  await waitAtGate(job, 1);
  return { job, buildJob };
}

/** Waits until the pod that the job has after so many is at its gate. */
async function waitAtGate(job: JobView, pods: number): Promise<Live<Pod>> {
  return testbed.session.podWatch.waitFor(
    job.id,
    `at its gate, number ${pods}`,
    ({ status }) =>
      testbed.session.podWatch.ofJob(job.id).length === pods &&
      status?.initContainerStatuses?.some(({ name, state }) => name === 'gate' && state?.running !== undefined) === true,
  );
}

/** All that came of it in the end. */
async function lifeOf(job: JobView, buildJob: Live<BuildJob>) {
  return wholeLife(testbed.session, job, await testbed.session.waitForEnd(buildJob));
}

/** The job has run once, in its second pod, and its end is as if there had been no first. */
const goodInSecondPod = {
  job: endedByCommand(0),
  pods: 2,
  agents: 1,
  status: { phase: 'Succeeded', reason: 'Completed', exitCode: 0, podAttempts: 2 },
};

describe.concurrent('given a job whose containers have not started yet', () => {
  it('when its pod is evicted, then it gets another one and runs once', async () => {
    const { job, buildJob } = await startAtGate();
    await evict(testbed, job);
    await waitAtGate(job, 2);
    await release(testbed.session, job, 'gate');
    expect(await lifeOf(job, buildJob)).toMatchObject(goodInSecondPod);
  });

  it('when a pod of higher priority takes its place, then it gets another one and runs once', async () => {
    await using place = await offerResource('node-2', 1);
    await using low = await makePriorityClass(testbed, 1);
    await using high = await makePriorityClass(testbed, 1000, true);
    const needsPlace = { resources: { limits: { [place.name]: 1 } } };
    const { job, buildJob } = await startAtGate({ ...needsPlace, priorityClassName: low.name });
    const urgent = await testbed.run(runs('true'), {}, { ...needsPlace, priorityClassName: high.name });
    expect(outcome(urgent.job)).toMatchObject(endedByCommand(0));
    await waitAtGate(job, 2);
    await release(testbed.session, job, 'gate');
    expect(await lifeOf(job, buildJob)).toMatchObject(goodInSecondPod);
  });

  it('when its node loses its power, then it gets another one elsewhere and runs once', async () => {
    await using lost = await OwnNode.add();
    const input = { ...lost.placement, tolerations: [...lost.placement.tolerations, ...leftAtOnce], terminationGracePeriodSeconds: 15 };
    const { job, buildJob } = await startAtGate(input);
    await using spare = await OwnNode.add(lost.reservation);
    await lost.kill();
    const pod = await waitAtGate(job, 2);
    expect(pod.spec?.nodeName).toBe(spare.name);
    await release(testbed.session, job, 'gate');
    expect(await lifeOf(job, buildJob)).toMatchObject(goodInSecondPod);
  });

  it('when each of its pods is evicted, then it gets no more than maxPods and ends with the cause', async () => {
    const { job, buildJob } = await startAtGate();
    for (const attempt of [1, 2, 3]) {
      await waitAtGate(job, attempt);
      await evict(testbed, job);
    }
    const whole = await lifeOf(job, buildJob);
    expect(whole).toMatchObject({ job: untouched, pods: 3, agents: 0, status: { phase: 'Failed', reason: 'Evicted', podAttempts: 3 } });
    expect(whole.status?.message).toContain('given up after 3 pods');
  });
});
