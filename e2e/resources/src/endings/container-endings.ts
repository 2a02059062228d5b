import { runs } from '@buildkite-operator/e2e-testbed/vitest';
import { type EndingCase, untouched } from '../ending-case.ts';

/** What keeps a container from being made: then no agent asks for the job. */
export const containerEndings: readonly EndingCase[] = [
  {
    cause: 'its image is not in the registry',
    phase: 'Failed',
    reason: 'ImagePull',
    says: ['container container-0', 'registry.local:5000/test/no-such-image:1', 'it did not recover within 25 s'],
    buildkite: untouched,
    async produce(testbed, ends) {
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { image: 'registry.local:5000/test/no-such-image:1' }));
    },
  },
  {
    cause: 'its image name is not valid',
    phase: 'Failed',
    reason: 'InvalidImage',
    says: ['container container-0', 'registry.local:5000/Test/Upper:1'],
    buildkite: untouched,
    async produce(testbed, ends) {
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { image: 'registry.local:5000/Test/Upper:1' }));
    },
  },
  {
    cause: 'a Secret of its variables is missing',
    phase: 'Failed',
    reason: 'ConfigError',
    says: ['container container-0', 'secret "no-such-secret" not found', 'it did not recover within 25 s'],
    buildkite: untouched,
    async produce(testbed, ends) {
      const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'no-such-secret', key: 'token' } } }];
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { env }));
    },
  },
  {
    cause: "a sidecar's program does not exist",
    phase: 'Failed',
    reason: 'ConfigError',
    says: ['container proxy', '/no/such/program', 'check its command'],
    buildkite: untouched,
    async produce(testbed, ends) {
      const proxy = { name: 'proxy', image: testbed.session.info.images.busybox, command: ['/no/such/program'] };
      const job = await testbed.createJob(runs('true'));
      await ends(job, await testbed.start(job, { extraContainers: [proxy] }));
    },
  },
];
