import { corpusJobId as jobId } from '../corpus-object.ts';
import { good } from './good-case.ts';

/** Jobs of the command and little else. */
export const plainJobs = [
  good('plain', {}),
  good('no-command', { buildkite: { jobId }, checkout: { skip: true } }),
  good('empty-command', { command: '' }),
  good('script', { command: 'set -u\necho "$HOME" \'$(date)\' $$\nmake test\n' }),
  good('all-of-buildkite', {
    buildkite: {
      jobId,
      queue: 'linux',
      pipeline: 'ml-train',
      branch: 'feature/ünïcode-✓',
      buildUrl: 'https://buildkite.com/acme/ml-train/builds/7',
      stepKey: 'test',
      priority: -3,
      agentTags: { arch: 'arm64', 'k8s:node': 'any', queue: 'ignored' },
    },
  }),
  good('labels-cut-to-fit', { buildkite: { jobId, pipeline: `-${'p'.repeat(200)}-`, queue: 'queue with blanks', branch: '--' } }),
  good('job-image', { image: 'registry.example.com:5000/team/go@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef' }),
  good('all-timeouts', {
    timeoutSeconds: 600,
    pendingTimeoutSeconds: 120,
    ttlSecondsAfterFinished: 3600,
    terminationGracePeriodSeconds: 15,
  }),
  good('longest-timeouts', {
    timeoutSeconds: 2_147_483_647,
    pendingTimeoutSeconds: 2_147_483_647,
    ttlSecondsAfterFinished: 0,
    terminationGracePeriodSeconds: 86_400,
  }),
  good('cancelled-at-once', { cancelled: true }),
  good('variables', {
    env: [
      { name: 'CI', value: 'true' },
      { name: 'EMPTY' },
      { name: 'DERIVED', value: '$(CI)-$$' },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'npm', key: 'token', optional: true } } },
      { name: 'with.dots-and-dashes', value: 'ü' },
    ],
  }),
  good('variables-of-the-operator-stay', {
    env: [
      { name: 'BUILDKITE_COMMAND', value: 'evil' },
      { name: 'BUILDKITE_CONTAINER_ID', value: '7' },
      { name: 'GIT_CONFIG_COUNT', value: '1' },
    ],
  }),
  good('exporters-of-the-job', {
    repoMirror: { enabled: false, mode: 'dissociate' },
    logExporter: { enabled: true, settings: { index: 'job' } },
    artifactExporter: { enabled: true, settings: { bucket: 'b' } },
    metricsExporter: { enabled: true, settings: { interval: '1s' } },
  }),
];
