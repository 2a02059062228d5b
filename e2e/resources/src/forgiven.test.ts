import type { BuildJob, Reason } from '@buildkite-operator/crds';
import type { JobView } from '@buildkite-operator/e2e-simulator';
import { makePriorityClass, makeQuota, outcome, runs, startRunning, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import type { Live } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';
import { endedByCommand } from './ending-case.ts';
import { labelNode } from './node-label.ts';
import { OwnNode } from './own-node.ts';
import { RegistryTag } from './registry-tag.ts';

const testbed = useTestbed();

/** Waits until the status says what the job waits for, and gives its message. */
async function waitForTrouble(buildJob: Live<BuildJob>, reason: Reason): Promise<string> {
  const { watch } = testbed.session;
  const { last } = await watch.waitFor(
    buildJob.metadata.uid,
    `waiting (${reason})`,
    record => record.last.status?.reason === reason,
    120_000,
  );
  return last.status?.message ?? '';
}

/** What came of it in the end. */
async function lifeOf(job: JobView, buildJob: Live<BuildJob>) {
  const ended = await testbed.session.waitForBothEnds(job, buildJob);
  const pods = testbed.session.podWatch.ofJob(job.id).map(({ last }) => last.spec?.nodeName);
  return { status: ended.record.last.status, job: outcome(ended.job), pods };
}

/** The trouble has left no trace: the job ran once, in the pod that it had if it had one. */
const forgiven = {
  status: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
  job: endedByCommand(0),
  pods: [expect.any(String)],
};

describe.concurrent('given a job that something keeps from running', () => {
  it('when its missing image appears in the registry within the grace, then it runs', async () => {
    await using tag = new RegistryTag(testbed.session.info.images.dash);
    const job = await testbed.createJob(runs('true'));
    const buildJob = await testbed.start(job, { image: tag.image });
    await waitForTrouble(buildJob, 'ImagePull');
    await tag.push();
    expect(await lifeOf(job, buildJob)).toMatchObject(forgiven);
  });

  it('when the node that fits loses a taint within the grace, then it runs there', async () => {
    await using node = await OwnNode.add();
    await node.taint('e2e.example.com/maintenance:NoSchedule');
    const job = await testbed.createJob(runs('true'));
    const buildJob = await testbed.start(job, node.placement);
    expect(await waitForTrouble(buildJob, 'Unschedulable')).toContain('untolerated taint');
    await node.taint('e2e.example.com/maintenance-');
    expect(await lifeOf(job, buildJob)).toMatchObject({ ...forgiven, pods: [node.name] });
  });

  it('when a node gets the label that it asks for within the grace, then it runs there', async () => {
    const key = `e2e.example.com/late-${crypto.randomUUID().slice(0, 8)}`;
    const job = await testbed.createJob(runs('true'));
    const buildJob = await testbed.start(job, { jobNodeRequirements: [{ key, operator: 'In', values: ['yes'] }] });
    await waitForTrouble(buildJob, 'Unschedulable');
    await using label = await labelNode('node-2', key, 'yes');
    expect(await lifeOf(job, buildJob)).toMatchObject({ ...forgiven, pods: [label.node] });
  });

  it('when a full quota empties, then it runs', async () => {
    await using priority = await makePriorityClass(testbed, 1);
    await using quota = await makeQuota(testbed, priority.name, { pods: '1' });
    const holder = await startRunning(testbed, 'sleep 300', { priorityClassName: priority.name });
    const job = await testbed.createJob(runs('true'));
    const buildJob = await testbed.start(job, { priorityClassName: priority.name });
    expect(await waitForTrouble(buildJob, 'QuotaExceeded')).toContain(quota.name);
    await testbed.session.simulator.cancelJob(holder.job.id);
    expect(await lifeOf(job, buildJob)).toMatchObject(forgiven);
  });
});
