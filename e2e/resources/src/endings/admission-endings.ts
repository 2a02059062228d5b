import { makePriorityClass, makeQuota, runs, startRunning } from '@buildkite-operator/e2e-testbed/vitest';
import { type EndingCase, untouched } from '../ending-case.ts';

/** What keeps a pod from being made at all. */
export const admissionEndings: readonly EndingCase[] = [
  {
    cause: 'its BuildEnvironment never appears',
    phase: 'Failed',
    reason: 'EnvironmentNotFound',
    says: ['spec.environment', 'never-made'],
    buildkite: untouched,
    pods: 0,
    async produce(testbed, ends) {
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { environment: 'never-made' }));
    },
  },
  {
    cause: 'a quota stays full for all of its pending time',
    phase: 'Failed',
    reason: 'QuotaExceeded',
    says: ['exceeded quota', 'used: pods=1, limited: pods=1'],
    buildkite: untouched,
    pods: 0,
    async produce(testbed, ends) {
      await using priority = await makePriorityClass(testbed, 1);
      await using quota = await makeQuota(testbed, priority.name, { pods: '1' });
      const placed = { priorityClassName: priority.name };
      const holder = await startRunning(testbed, 'sleep 300', placed);
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { ...placed, pendingTimeoutSeconds: 30 }), [quota.name]);
      await testbed.session.simulator.cancelJob(holder.job.id);
      await testbed.session.waitForEnd(holder.buildJob);
    },
  },
  {
    cause: 'its podPatch makes a pod that the API server refuses',
    phase: 'Failed',
    reason: 'Rejected',
    says: ['the API server refuses the pod', 'spec.dnsPolicy', 'Sometimes'],
    buildkite: untouched,
    pods: 0,
    async produce(testbed, ends) {
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { podPatch: { dnsPolicy: 'Sometimes' } }));
    },
  },
  {
    cause: 'its podPatch changes what the operator keeps for itself',
    phase: 'Failed',
    reason: 'Rejected',
    says: ['spec.podPatch', 'command'],
    buildkite: untouched,
    pods: 0,
    async produce(testbed, ends) {
      const job = await testbed.createJob(runs('true'));
      const podPatch = { containers: [{ name: 'agent', command: ['sleep', 'infinity'] }] };
      await ends(job, await testbed.start(job, { podPatch }));
    },
  },
  {
    cause: 'the service account of its environment does not exist',
    phase: 'Failed',
    reason: 'Rejected',
    says: ['the API server refuses the pod', 'serviceaccount "no-such-account" not found'],
    buildkite: untouched,
    pods: 0,
    async produce(testbed, ends) {
      const job = await testbed.createJob(runs('true'));
      const environment = `account-${job.id}`;
      await testbed.createEnvironment(environment, { serviceAccountName: 'no-such-account' });
      await ends(job, await testbed.start(job, { environment }));
    },
  },
  {
    cause: 'it asks for more than policy allows',
    phase: 'Failed',
    reason: 'Rejected',
    says: [
      'spec.serviceAccountName: "admin"',
      'policy.serviceAccounts',
      'spec.extraContainers[0].securityContext.privileged',
      'policy.privileged',
    ],
    buildkite: untouched,
    pods: 0,
    async produce(testbed, ends) {
      const { busybox } = testbed.session.info.images;
      const root = { name: 'root', image: busybox, command: ['sleep', '1'], securityContext: { privileged: true } };
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { serviceAccountName: 'admin', extraContainers: [root] }));
    },
  },
];
