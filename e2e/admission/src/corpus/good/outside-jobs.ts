import { corpusJobId as jobId } from '../corpus-object.ts';
import { good } from './good-case.ts';

const buildkite = { jobId, outsideAgent: { environmentSecret: 'job.environment-1' } };

/** Jobs of agents that run elsewhere. */
export const outsideJobs = [
  good('outside-agent', { buildkite }),
  good('outside-agent-without-checkout', { buildkite, checkout: { skip: true } }),
  good('outside-agent-with-everything-beside', {
    buildkite,
    environment: 'service',
    env: [{ name: 'CI', value: 'true' }],
    initContainers: [{ name: 'first', image: 'busybox', command: ['true'] }],
    extraContainers: [{ name: 'beside', image: 'busybox', command: ['sleep', 'infinity'] }],
    checkout: { credentialsSecret: 'git', cloneFlags: '--depth=1', gitMirrors: { path: '/mirrors' } },
  }),
  good('outside-agent-patched-like-others', {
    buildkite,
    podPatch: {
      containers: [
        { name: 'checkout', env: [{ name: 'GIT_TRACE', value: '1' }] },
        { name: 'agent', resources: { requests: { cpu: '1' } } },
      ],
    },
  }),
];
