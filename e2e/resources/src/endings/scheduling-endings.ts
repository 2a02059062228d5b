import { makePriorityClass, runs, startRunning } from '@buildkite-operator/e2e-testbed/vitest';
import { type EndingCase, stoppedByAgent, untouched } from '../ending-case.ts';
import { offerResource } from '../extended-resource.ts';
import { OwnNode } from '../own-node.ts';

const unschedulable = { phase: 'Failed', reason: 'Unschedulable', buildkite: untouched } as const;

/** What the scheduler decides. */
export const schedulingEndings: readonly EndingCase[] = [
  {
    ...unschedulable,
    cause: 'the only node that fits has a taint that it does not tolerate',
    says: ['no node can take the pod', 'untolerated taint'],
    async produce(testbed, ends) {
      await using node = await OwnNode.add();
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, node.rule));
    },
  },
  {
    ...unschedulable,
    cause: 'nothing changes within unschedulableGraceSeconds',
    says: ['no node can take the pod', 'Insufficient cpu', 'it did not recover within 45 s'],
    async produce(testbed, ends) {
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { resources: { requests: { cpu: '1000' } } }));
    },
  },
  {
    ...unschedulable,
    cause: 'it asks for more memory than any node has',
    says: ['no node can take the pod', 'Insufficient memory'],
    async produce(testbed, ends) {
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { resources: { requests: { memory: '1000Gi' } } }));
    },
  },
  {
    ...unschedulable,
    cause: 'no node fulfils its node rules',
    says: ['no node can take the pod', "didn't match Pod's node affinity/selector"],
    async produce(testbed, ends) {
      const rule = { key: 'e2e.example.com/disk', operator: 'In' as const, values: ['holographic'] };
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { jobNodeRequirements: [rule] }));
    },
  },
  {
    ...unschedulable,
    cause: 'no node has its processor architecture',
    says: ['no node can take the pod', "didn't match Pod's node affinity/selector"],
    async produce(testbed, ends) {
      const architecture = process.arch === 'arm64' ? 'amd64' : 'arm64';
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { architecture }));
    },
  },
  {
    cause: 'a pod of higher priority takes its place',
    phase: 'Failed',
    reason: 'Preempted',
    says: ['a pod of higher priority took its place', 'raise priorityClassName'],
    buildkite: stoppedByAgent,
    async produce(testbed, ends) {
      await using place = await offerResource('node-1', 1);
      await using low = await makePriorityClass(testbed, 1);
      await using high = await makePriorityClass(testbed, 1000, true);
      const needsPlace = { resources: { limits: { [place.name]: 1 } } };
      const { job, buildJob } = await startRunning(testbed, 'sleep 300', { ...needsPlace, priorityClassName: low.name });
      const urgent = testbed.run(runs('true'), {}, { ...needsPlace, priorityClassName: high.name });
      await ends(job, buildJob, ['node-1']);
      await urgent;
    },
  },
];
