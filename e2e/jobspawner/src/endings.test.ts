import type { JobView } from '@buildkite-operator/e2e-simulator';
import { makePriorityClass, makeQuota, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { agentsOf } from './agents-of.ts';
import { fillQuota } from './fill-quota.ts';
import { jobMs } from './patience.ts';
import { block, type StepInput, useQueue } from './use-queue.ts';
import { unplaceable, unpullable } from './waiting-steps.ts';

const testbed = useTestbed();
const queue = useQueue(testbed, 'endings');

/** Waits for the job's end and until nothing is left of it; what came of it, with those of the words that its page does not say. */
async function told(job: JobView, says: readonly string[]) {
  const { session } = testbed;
  const { state, passed, endedBy, signalReason, detail = '' } = await session.simulator.waitForJob(job.id, 'ended', jobMs);
  await session.waitForNothingLeft([job.id]);
  const missing = says.filter(words => !detail.includes(words));
  return { state, passed, endedBy, signalReason, agents: await agentsOf(session, job.id), ...(missing.length > 0 && { missing, detail }) };
}

/** The end that no agent could tell. That it is told once is the referee's to see. */
const ending = { state: 'finished', passed: false, endedBy: 'stack', signalReason: 'stack_error', agents: 0 };

interface Ending {
  readonly cause: string;
  readonly step: (busybox: string) => StepInput;
  readonly says: readonly string[];
}

/** What befalls a BuildJob. */
const endings: readonly Ending[] = [
  { cause: 'its image is not in the registry', step: () => unpullable, says: ['ImagePull', 'registry.local:5000/test/no-such-image:1'] },
  {
    cause: 'its image has an invalid name',
    step: () => block({ image: 'registry.local:5000/Test/Upper:1' }),
    says: ['InvalidImage', 'registry.local:5000/Test/Upper:1'],
  },
  { cause: 'no node can take it', step: () => unplaceable, says: ['Unschedulable', 'no node can take the pod'] },
  {
    cause: 'a Secret of its variables is missing',
    step: () => block({ env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'no-such-secret', key: 'token' } } }] }),
    says: ['ConfigError', 'secret "no-such-secret" not found'],
  },
  {
    cause: 'its init container fails',
    step: image =>
      block({ initContainers: [{ name: 'prepare', image, command: ['sh', '-c', 'echo the disk is made of cheese; exit 3'] }] }),
    says: ['InitFailed', 'prepare', 'the disk is made of cheese'],
  },
  {
    cause: 'it does not start in time',
    step: image => block({ pendingTimeoutSeconds: 8, initContainers: [{ name: 'slow', image, command: ['sleep', '300'] }] }),
    says: ['PendingTimeout'],
  },
  { cause: 'its BuildEnvironment is missing', step: () => block({ environment: 'never-made' }), says: ['never-made'] },
];

/** What never fits a variable, for Buildkite to repeat it. */
const longCommand = `: ${'x'.repeat(300_000)}`;

/** What never becomes a BuildJob. */
const refusals: readonly Ending[] = [
  {
    cause: 'the policy forbids what it asks for',
    step: image => block({ extraContainers: [{ name: 'root', image, command: ['true'], securityContext: { privileged: true } }] }),
    says: ['privileged', 'policy.privileged'],
  },
  { cause: 'its block has an unknown key', step: () => block({ colour: 'green' }), says: ['buildkite-operator', 'colour'] },
  {
    cause: 'its block has a value of a wrong type',
    step: () => block({ timeoutSeconds: 'soon' }),
    says: ['buildkite-operator', 'timeoutSeconds', 'soon'],
  },
  {
    cause: 'its kubernetes block has an unknown key',
    step: image => ({ plugins: [{ kubernetes: { podSpec: { containers: [{ image }], colour: 'green' } } }] }),
    says: ['kubernetes', 'podSpec.colour'],
  },
  {
    cause: 'its resource class does not exist',
    step: () => ({ ...block(), agents: { resource_class: 'smal' } }),
    says: ['resource_class', 'smal', 'small'],
  },
  {
    cause: 'its kubernetes block replaces a command that is longer than any variable may be',
    step: image => ({ plugins: [{ kubernetes: { podSpec: { containers: [{ image, command: ['true'] }] } } }], command: longCommand }),
    says: ['BUILDKITE_SCRIPT_PATH', `${longCommand.length} bytes`, 'leave it out'],
  },
  {
    cause: 'a variable of its own is longer than any may be',
    step: () => ({ ...block(), env: { LONG: 'x'.repeat(131_072) } }),
    says: ['LONG', '131072 bytes', 'put it into a file or an artifact'],
  },
  {
    cause: 'its command is more than the cluster stores',
    step: () => ({ ...block(), command: `: ${'x'.repeat(1_400_000)}` }),
    says: ['1000000'],
  },
];

describe.concurrent('given a job whose BuildJob ends before an agent has the job', () => {
  it.for(endings)('when $cause, then Buildkite is told so, once', async ({ step, says }) => {
    expect(await told(await queue.job('true', step(testbed.session.info.images.busybox)), says)).toEqual(ending);
  });

  it('when a quota has no room for as long as it may wait, then Buildkite is told so, once', async () => {
    await using quota = await fillQuota(testbed, queue);
    const job = await queue.job('true', block({ ...quota.settings, pendingTimeoutSeconds: 30 }));
    expect(await told(job, ['QuotaExceeded', quota.name])).toEqual(ending);
    await quota.empty();
  });

  it('when somebody deletes the BuildJob, then Buildkite is told so, once', async () => {
    const { session } = testbed;
    const job = await queue.job('true', unplaceable);
    const { last } = await session.watch.waitForJob(job.id, 'waiting', record => record.last.status?.reason === 'Unschedulable');
    await session.jobs.delete(last.metadata, {}, session.signal);
    expect(await told(job, ['Deleted'])).toEqual(ending);
  });

  it('when somebody cancels the BuildJob, then Buildkite is told so, once', async () => {
    const { session } = testbed;
    const job = await queue.job('true', unplaceable);
    const { last } = await session.watch.waitForJob(job.id, 'waiting', record => record.last.status?.reason === 'Unschedulable');
    await session.jobs.mergePatch(last.metadata, { spec: { cancelled: true } }, {}, session.signal);
    expect(await told(job, ['Cancelled'])).toEqual(ending);
  });
});

describe.concurrent('given a job that cannot become a BuildJob', () => {
  it.for(refusals)('when $cause, then Buildkite is told so, once', async ({ step, says }) => {
    const job = await queue.job('true', step(testbed.session.info.images.busybox));
    expect(await told(job, says)).toEqual(ending);
    expect(testbed.session.watch.ofJob(job.id)).toEqual([]);
  });

  it('when it asks for more than a quota has in all, then Buildkite is told so, once', async () => {
    await using priority = await makePriorityClass(testbed, 1);
    await using quota = await makeQuota(testbed, priority.name, { 'requests.memory': '1Mi' });
    const asking = { priorityClassName: priority.name, resources: { requests: { memory: '500Mi' } } };
    const job = await queue.job('true', block(asking));
    expect(await told(job, [quota.name])).toEqual(ending);
    expect(testbed.session.watch.ofJob(job.id)).toEqual([]);
  });
});
