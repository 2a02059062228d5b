import { corpusJobId as jobId } from '../corpus-object.ts';
import { good } from './good-case.ts';

/** Where jobs run, and how large they are. */
export const placementJobs = [
  good('node-requirements', {
    jobNodeRequirements: [
      { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['a', 'b'] },
      { key: 'example.com/spot', operator: 'NotIn', values: ['true'] },
      { key: 'example.com/disk', operator: 'Exists' },
      { key: 'example.com/broken', operator: 'DoesNotExist' },
      { key: 'example.com/cores', operator: 'Gt', values: ['7'] },
      { key: 'example.com/age', operator: 'Lt', values: ['30'] },
    ],
  }),
  good('node-preferences', {
    jobNodePreferences: [
      { weight: 100, requirements: [{ key: 'example.com/disk', operator: 'In', values: ['nvme'] }] },
      {
        weight: 1,
        requirements: [
          { key: 'example.com/disk', operator: 'In', values: ['ssd'] },
          { key: 'example.com/spot', operator: 'DoesNotExist' },
        ],
      },
    ],
  }),
  good('node-rules-beside-the-environments', {
    environment: 'placed',
    jobNodeRequirements: [{ key: 'example.com/cores', operator: 'Gt', values: ['15'] }],
    jobNodePreferences: [{ weight: 50, requirements: [{ key: 'example.com/warm', operator: 'Exists' }] }],
  }),
  good('tolerations', {
    tolerations: [
      { operator: 'Exists' },
      { key: 'example.com/ci', operator: 'Equal', value: 'true', effect: 'NoSchedule' },
      { key: 'example.com/spot', value: 'true', effect: 'PreferNoSchedule' },
      { key: 'example.com/going', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ],
  }),
  good('unreachable-nodes-left-at-once', {
    tolerations: [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }],
  }),
  good('node-selector', { nodeSelector: { 'example.com/pool': 'ci', empty: '' } }),
  good('node-selector-over-the-environments', { environment: 'placed', nodeSelector: { 'example.com/shared': 'job', more: '1' } }),
  good('architecture', { architecture: 'arm64' }),
  good('operating-system', { operatingSystem: 'linux' }),
  good('architecture-over-the-environments', { environment: 'placed', architecture: 'amd64' }),
  good('topology', {
    topologySpreadConstraints: [
      { maxSkew: 2, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
    ],
  }),
  good('topology-beside-the-environments', {
    environment: 'placed',
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' }],
  }),
  good('priority-class', { priorityClassName: 'ci-high' }),
  good('runtime-class', { runtimeClassName: 'sandboxed' }),
  good('service-account', { serviceAccountName: 'ci-builder' }),
  good('classes-over-the-environments', { environment: 'placed', priorityClassName: 'ci-high', serviceAccountName: 'ci-publisher' }),
  good('labels-and-annotations', {
    podLabels: { team: 'web', 'example.com/empty': '' },
    podAnnotations: { 'example.com/note': 'any text: ü\n', 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true' },
  }),
  good('labels-over-the-environments', {
    environment: 'labelled',
    podLabels: { tier: 'job', 'app.kubernetes.io/managed-by': 'somebody' },
    podAnnotations: { note: 'job', 'buildkite-operator.io/essential-containers': 'forged' },
  }),
  good('requests-and-limits', {
    resources: { requests: { cpu: '1500m', memory: '1.5Gi', 'ephemeral-storage': '10Gi' }, limits: { cpu: 2, memory: 4_000_000_000 } },
  }),
  good('a-gpu-by-its-limit', { resources: { limits: { 'nvidia.com/gpu': 2 } } }),
  good('a-gpu-by-its-request', { resources: { requests: { 'nvidia.com/gpu': '1' } } }),
  good('a-gpu-more-than-the-environments', {
    buildkite: { jobId, pipeline: 'ml-large' },
    environment: 'gpu-large',
    resources: { limits: { 'nvidia.com/gpu': 8 } },
  }),
  good('huge-pages', { resources: { requests: { memory: '1Gi' }, limits: { 'hugepages-2Mi': '64Mi', memory: '1Gi' } } }),
];
