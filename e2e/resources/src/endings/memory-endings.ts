import { type EndingCase, endedByCommand } from '../ending-case.ts';

/** Takes memory until the kernel ends it. */
const eat = 'tail /dev/zero';

const advice = 'raise resources.limits.memory';

/** What the kernel does about too much memory. */
export const memoryEndings: readonly EndingCase[] = [
  {
    cause: 'a process of its command takes more memory than the limit',
    phase: 'Failed',
    reason: 'OOMKilled',
    exitCode: 137,
    says: ['container-0', 'limit of 256Mi', advice],
    buildkite: endedByCommand(137),
    async produce(testbed, ends) {
      const job = await testbed.createJob(eat);
      await ends(job, await testbed.start(job, { resources: { limits: { memory: '256Mi' } } }));
    },
  },
  {
    cause: 'the first process of its container is killed for its memory',
    phase: 'Failed',
    reason: 'OOMKilled',
    exitCode: 137,
    says: ['container-0', 'limit of 1536Mi', advice],
    // The agent gives up a client that fell silent.
    buildkite: { state: 'finished', passed: false, exitStatus: -7, endedBy: 'agent' },
    async produce(testbed, ends) {
      // Under cgroup v1 the kernel kills the process with the highest score; the memory is taken by a file.
      const job = await testbed.createJob('echo 1000 >/proc/1/oom_score_adj; head -c 2G /dev/zero >/memory/file');
      const environment = `memory-${job.id}`;
      await testbed.createEnvironment(environment, {
        volumes: [{ name: 'memory', emptyDir: { medium: 'Memory' } }],
        container: { volumeMounts: [{ name: 'memory', mountPath: '/memory' }] },
      });
      await ends(job, await testbed.start(job, { environment, resources: { limits: { memory: '1536Mi' } } }));
    },
  },
];
