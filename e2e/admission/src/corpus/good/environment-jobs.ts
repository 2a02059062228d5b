import { corpusJobId as jobId } from '../corpus-object.ts';
import { good } from './good-case.ts';

/** Jobs in an environment, and what they lay over it. */
export const environmentJobs = [
  good('environment-empty', { environment: 'empty' }),
  good('environment-node', { environment: 'node' }),
  good('environment-overridden', {
    environment: 'node',
    image: 'node:25',
    env: [
      { name: 'CI', value: 'job' },
      { name: 'NPM_TOKEN', value: 'none' },
      { name: 'MORE', value: '1' },
    ],
    resources: { requests: { cpu: 2 }, limits: { memory: '4Gi', cpu: '3' } },
  }),
  good('environment-of-a-sidecar', { environment: 'postgres' }),
  good('environment-with-containers', { environment: 'service' }),
  good('environment-in-three-roles', {
    environment: 'postgres',
    initContainers: [{ name: 'migrate', environment: 'postgres', args: ['--migrate'] }],
    extraContainers: [{ environment: 'postgres' }],
  }),
  good('environment-placed', { environment: 'placed' }),
  good('environment-labelled', { environment: 'labelled' }),
  good('environment-secured', { environment: 'secured' }),
  good('environment-privileged', { environment: 'privileged' }),
  good('environment-volumes', { environment: 'volumes' }),
  good('environment-for-a-pipeline', { buildkite: { jobId, pipeline: 'ml-train' }, environment: 'gpu-large' }),
  good('environment-exporting', { environment: 'exporting', logExporter: { settings: { index: 'job' } } }),
];
