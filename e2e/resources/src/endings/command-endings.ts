import { held, release, runs, startRunning } from '@buildkite-operator/e2e-testbed/vitest';
import { agentVanished, canceledByAgent, type EndingCase, endedByCommand, stoppedByAgent, untouched } from '../ending-case.ts';
import { killContainer } from '../kill-container.ts';

/** What a job, its agent or a person ends by itself. */
export const commandEndings: readonly EndingCase[] = [
  {
    cause: 'its command ends well',
    phase: 'Succeeded',
    reason: 'Completed',
    exitCode: 0,
    says: ['exit code 0'],
    buildkite: endedByCommand(0),
    async produce(testbed, ends) {
      const job = await testbed.createJob('true');
      await ends(job, await testbed.start(job));
    },
  },
  {
    cause: 'its command fails',
    phase: 'Failed',
    reason: 'ExitCode',
    exitCode: 42,
    says: ['container-0', 'exit code 42', 'log in Buildkite'],
    buildkite: endedByCommand(42),
    async produce(testbed, ends) {
      const job = await testbed.createJob('exit 42');
      await ends(job, await testbed.start(job));
    },
  },
  {
    cause: 'it runs longer than timeoutSeconds',
    phase: 'TimedOut',
    reason: 'TimedOut',
    says: ['its timeout of 15 s', 'raise timeoutSeconds'],
    buildkite: stoppedByAgent,
    async produce(testbed, ends) {
      const job = await testbed.createJob('sleep 300');
      await ends(job, await testbed.start(job, { timeoutSeconds: 15 }));
    },
  },
  {
    cause: 'it runs longer than its timeout in Buildkite',
    phase: 'TimedOut',
    reason: 'TimedOut',
    says: ['its timeout in Buildkite'],
    buildkite: { state: 'timed_out', signalReason: 'cancel', endedBy: 'agent' },
    async produce(testbed, ends) {
      // The simulator's minute is short here.
      const job = await testbed.createJob('sleep 300', { step: { timeout_in_minutes: 1 } });
      await ends(job, await testbed.start(job));
    },
  },
  {
    cause: 'somebody cancels it in Buildkite',
    phase: 'Cancelled',
    reason: 'Cancelled',
    says: ['cancelled in Buildkite'],
    buildkite: canceledByAgent,
    async produce(testbed, ends) {
      const { job, buildJob } = await startRunning(testbed, 'sleep 300');
      await testbed.session.simulator.cancelJob(job.id);
      await ends(job, buildJob);
    },
  },
  {
    cause: 'somebody sets spec.cancelled',
    phase: 'Cancelled',
    reason: 'Cancelled',
    says: ['spec.cancelled'],
    buildkite: stoppedByAgent,
    async produce(testbed, ends) {
      const { jobs, signal } = testbed.session;
      const { job, buildJob } = await startRunning(testbed, 'sleep 300');
      await jobs.mergePatch(buildJob.metadata, { spec: { cancelled: true } }, {}, signal);
      await ends(job, buildJob);
    },
  },
  {
    cause: 'somebody deletes its pod',
    phase: 'Failed',
    reason: 'Deleted',
    says: ['deleted by somebody else', 'run the job again'],
    buildkite: stoppedByAgent,
    async produce(testbed, ends) {
      const { pods, podWatch, signal } = testbed.session;
      const { job, buildJob } = await startRunning(testbed, 'sleep 300');
      const pod = await podWatch.waitFor(job.id, 'there', () => true);
      await pods.delete(pod.metadata, {}, signal);
      await ends(job, buildJob);
    },
  },
  {
    cause: 'its agent is killed',
    phase: 'Failed',
    reason: 'AgentLost',
    says: ['agent ended with exit code 137', 'did not finish the job'],
    buildkite: agentVanished,
    breaches: ['agent-vanished'],
    async produce(testbed, ends) {
      const { job, buildJob } = await startRunning(testbed, 'sleep 300');
      await killContainer(await testbed.session.podWatch.waitFor(job.id, 'there', () => true), 'agent');
      await ends(job, buildJob);
    },
  },
  {
    cause: 'it was cancelled in Buildkite before its agent asked for it',
    phase: 'Failed',
    reason: 'NotAcquired',
    says: ['Buildkite refused', 'cancelled'],
    buildkite: { state: 'canceled', endedBy: 'cancel' },
    async produce(testbed, ends) {
      const job = await testbed.createJob(runs('true'));
      await testbed.session.simulator.cancelJob(job.id);
      await ends(job, await testbed.start(job));
    },
  },
  {
    cause: 'another BuildJob runs it',
    phase: 'Failed',
    reason: 'Duplicate',
    says: ['already runs Buildkite job', 'delete this one'],
    buildkite: endedByCommand(0),
    async produce(testbed, ends) {
      const { job, buildJob } = await startRunning(testbed, held);
      const second = await testbed.start(job, { name: `second-${job.id}` });
      await testbed.session.waitForEnd(second);
      await release(testbed.session, job);
      await ends(job, second, [buildJob.metadata.name]);
      await testbed.session.waitForEnd(buildJob);
    },
  },
  {
    cause: 'an init container takes longer than pendingTimeoutSeconds',
    phase: 'Failed',
    reason: 'PendingTimeout',
    says: ['did not start running within 60 s', 'raise pendingTimeoutSeconds'],
    buildkite: untouched,
    async produce(testbed, ends) {
      const { busybox } = testbed.session.info.images;
      const slow = { name: 'slow', image: busybox, command: ['sh', '-c', 'trap "exit 0" TERM; sleep 300 & wait'] };
      const job = await testbed.createJob(runs('true'));
      // Long enough for the next controller to take over, twice.
      await ends(job, await testbed.start(job, { initContainers: [slow], pendingTimeoutSeconds: 60 }));
    },
  },
  {
    cause: 'an init container fails',
    phase: 'Failed',
    reason: 'InitFailed',
    says: ['init container migrate', 'exit code 7', 'no such table: users', 'the job was not started'],
    buildkite: untouched,
    async produce(testbed, ends) {
      const { busybox } = testbed.session.info.images;
      const migrate = { name: 'migrate', image: busybox, command: ['sh', '-c', 'echo connected; echo no such table: users >&2; exit 7'] };
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { initContainers: [migrate] }));
    },
  },
];
