import { runs, startRunning } from '@buildkite-operator/e2e-testbed/vitest';
import { agentVanished, type EndingCase, stoppedByAgent } from '../ending-case.ts';
import { evict } from '../evict.ts';
import { leftAtOnce } from '../left-at-once.ts';
import { OwnNode } from '../own-node.ts';

/** What happens to the node, or what the node does to the pod. */
export const nodeEndings: readonly EndingCase[] = [
  {
    cause: 'its pod is evicted through the API',
    phase: 'Failed',
    reason: 'Evicted',
    says: ['it was evicted', 'run the job again'],
    buildkite: stoppedByAgent,
    async produce(testbed, ends) {
      const { job, buildJob } = await startRunning(testbed, `trap 'sleep 2; echo cleaned "up"; exit 0' TERM; sleep 300 & wait`);
      await evict(testbed, job);
      await testbed.session.simulator.waitForLog(job.id, 'cleaned up');
      await ends(job, buildJob);
    },
  },
  {
    cause: 'its node is drained',
    phase: 'Failed',
    reason: 'Evicted',
    says: ['it was evicted', 'drain of its node', 'run the job again'],
    buildkite: stoppedByAgent,
    async produce(testbed, ends) {
      await using node = await OwnNode.add();
      const { job, buildJob } = await startRunning(testbed, 'sleep 300', node.placement);
      await Promise.all([node.drain(), ends(job, buildJob, [node.name])]);
    },
  },
  {
    cause: 'it fills more of the disk than its limit',
    phase: 'Failed',
    reason: 'Evicted',
    says: ['ephemeral', 'raise the requests'],
    buildkite: { state: 'finished', passed: false },
    breaches: ['agent-vanished'],
    async produce(testbed, ends) {
      const job = await testbed.createJob(runs('head -c 64M /dev/zero >/tmp/file; sleep 300'));
      await ends(job, await testbed.start(job, { resources: { limits: { 'ephemeral-storage': '16Mi' } } }));
    },
  },
  {
    cause: 'its node loses its power',
    takesMinutes: true,
    phase: 'Failed',
    reason: 'NodeLost',
    says: ['look at the node', 'run the job again'],
    buildkite: agentVanished,
    breaches: ['agent-vanished'],
    async produce(testbed, ends) {
      await using node = await OwnNode.add();
      const tolerations = [...node.placement.tolerations, ...leftAtOnce];
      const input = { ...node.placement, tolerations, terminationGracePeriodSeconds: 15 };
      const { job, buildJob } = await startRunning(testbed, 'sleep 300', input);
      await node.kill();
      await ends(job, buildJob, [node.name]);
    },
  },
  {
    cause: 'its node is reset',
    phase: 'Failed',
    reason: 'NodeLost',
    says: ['lost the containers', 'look at the node', 'run the job again'],
    buildkite: agentVanished,
    breaches: ['agent-vanished'],
    async produce(testbed, ends) {
      await using node = await OwnNode.add();
      const { job, buildJob } = await startRunning(testbed, 'sleep 300', node.placement);
      await node.kill();
      await node.start();
      await ends(job, buildJob, [node.name]);
    },
  },
];
