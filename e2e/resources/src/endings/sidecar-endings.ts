import { runs } from '@buildkite-operator/e2e-testbed/vitest';
import { type EndingCase, endedByCommand, stoppedByAgent } from '../ending-case.ts';

/** What sidecars do to the job. */
export const sidecarEndings: readonly EndingCase[] = [
  {
    cause: 'a sidecar that is marked essential fails',
    phase: 'Failed',
    reason: 'SidecarFailed',
    says: ['database', 'exit code 3'],
    buildkite: stoppedByAgent,
    async produce(testbed, ends) {
      const { busybox } = testbed.session.info.images;
      const database = {
        name: 'database',
        image: busybox,
        essential: true,
        command: ['sh', '-c', 'until [ -e /workspace/begun ]; do sleep 0.2; done; echo disk is full >&2; exit 3'],
      };
      const job = await testbed.createJob(runs('touch /workspace/begun; sleep 300'));
      await ends(job, await testbed.start(job, { extraContainers: [database] }));
    },
  },
  ...[3, 143].map(
    (exitCode): EndingCase => ({
      cause: `a sidecar that is not essential ends with exit code ${exitCode} meanwhile`,
      phase: 'Succeeded',
      reason: 'Completed',
      exitCode: 0,
      says: ['exit code 0'],
      buildkite: endedByCommand(0),
      async produce(testbed, ends) {
        const { busybox } = testbed.session.info.images;
        const cache = { name: 'cache', image: busybox, command: ['sh', '-c', `sleep 1; exit ${exitCode}`] };
        const job = await testbed.createJob(runs('sleep 4'));
        await ends(job, await testbed.start(job, { extraContainers: [cache] }));
      },
    }),
  ),
];
