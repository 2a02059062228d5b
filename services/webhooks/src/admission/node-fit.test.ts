import type { BuildJobSpec } from '@buildkite-operator/crds';
import type { Node, Pod } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';
import { nodeFaults } from './node-fit.ts';

type PodSpec = NonNullable<Pod['spec']>;

const node = (
  name: string,
  more: {
    labels?: Record<string, string>;
    taints?: { key: string; value?: string; effect: string }[];
    allocatable?: Record<string, string>;
  } = {},
): Node => ({
  metadata: { name, labels: { 'kubernetes.io/arch': 'amd64', ...more.labels } },
  spec: { taints: more.taints ?? [] },
  status: { allocatable: { cpu: '4', memory: '8Gi', ...more.allocatable } },
});
const nodes = [
  node('small'),
  node('large', { allocatable: { cpu: '2', memory: '64Gi' } }),
  node('gpu', {
    labels: { gpu: 'a100', count: '8' },
    taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }],
    allocatable: { 'nvidia.com/gpu': '2' },
  }),
  node('cordoned', { labels: { zone: 'b' }, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] }),
];
const job: BuildJobSpec = { buildkite: { jobId: '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b' }, cancelled: false };
const pod = (spec: Partial<PodSpec> = {}, requests: Record<string, string> = {}): Pod => ({
  spec: { containers: [{ name: 'container-0', resources: { requests } }], ...spec },
});
const requires = (key: string, operator: string, ...values: string[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }] },
    },
  },
});
const tolerated: Partial<PodSpec> = { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }] };

describe('a pod among the nodes that exist', () => {
  it.each<[string, Pod]>([
    ['asks for nothing', pod()],
    ['fits one node by size', pod({}, { cpu: '2', memory: '60Gi' })],
    ['is for a cordoned node, which may come back', pod({ nodeSelector: { zone: 'b' } })],
    ['tolerates the taint', pod({ nodeSelector: { gpu: 'a100' }, ...tolerated }, { 'nvidia.com/gpu': '2' })],
    ['tolerates everything', pod({ nodeSelector: { gpu: 'a100' }, tolerations: [{ operator: 'Exists' }] })],
    ['is in a value list', pod({ ...requires('kubernetes.io/arch', 'In', 'arm64', 'amd64') })],
    ['excludes others', pod({ ...requires('gpu', 'NotIn', 'h100') })],
    ['wants no label', pod({ ...requires('gpu', 'DoesNotExist') })],
    ['compares a number', pod({ ...requires('count', 'Gt', '4'), ...tolerated })],
    [
      'has an init container that is large alone',
      pod({ initContainers: [{ name: 'i', resources: { requests: { cpu: '4' } } }] }, { cpu: '3' }),
    ],
  ])('is taken when it %s', (_what, given) => {
    expect(nodeFaults(job, given, nodes)).toEqual([]);
  });

  it.each<[string, BuildJobSpec, Pod, string, string]>([
    [
      'a label that no node has',
      { ...job, nodeSelector: { zone: 'c' } },
      pod({ nodeSelector: { zone: 'c' } }),
      'spec.nodeSelector',
      'none of the 4 nodes',
    ],
    [
      'requirements that no node meets',
      { ...job, jobNodeRequirements: [] },
      pod(requires('count', 'Lt', '4')),
      'spec.jobNodeRequirements',
      'none of the 4 nodes',
    ],
    ['rules of its environment', job, pod({ nodeSelector: { zone: 'c' } }), 'spec.environment', 'none of the 4 nodes'],
    [
      'rules of its environment, where its patch is about something else',
      { ...job, podPatch: { dnsPolicy: 'Default' } },
      pod({ nodeSelector: { zone: 'c' } }),
      'spec.environment',
      'none of the 4 nodes',
    ],
    [
      'rules of its patch',
      { ...job, podPatch: { nodeSelector: { zone: 'c' } } },
      pod({ nodeSelector: { zone: 'c' } }),
      'spec.podPatch.nodeSelector',
      'none of the 4 nodes',
    ],
    ['a taint not tolerated', job, pod({ nodeSelector: { gpu: 'a100' } }), 'spec.tolerations', 'gpu=yes:NoSchedule'],
    [
      'another value of a taint',
      job,
      pod({ nodeSelector: { gpu: 'a100' }, tolerations: [{ key: 'gpu', value: 'no' }] }),
      'spec.tolerations',
      'gpu=yes',
    ],
    [
      'too much memory',
      job,
      pod({}, { memory: '65Gi' }),
      'spec.resources.requests.memory',
      '65Gi in all its containers, and the largest node that fits its rules has 64Gi',
    ],
    ['a resource that no open node has', job, pod({}, { 'nvidia.com/gpu': '1' }), 'spec.resources.requests[nvidia.com/gpu]', 'has 0'],
    [
      'a resource that only a limit asks for',
      { ...job, resources: { limits: { 'nvidia.com/gpu': 1 } } },
      pod({}, { 'nvidia.com/gpu': '1' }),
      'spec.resources.limits[nvidia.com/gpu]',
      'has 0',
    ],
    ['all of it on no single node', job, pod({}, { cpu: '4', memory: '60Gi' }), 'spec.resources.requests', 'no single node'],
    [
      'sidecars and containers together',
      job,
      pod({ initContainers: [{ name: 's', restartPolicy: 'Always', resources: { limits: { cpu: '2' } } }] }, { cpu: '3' }),
      'spec.resources.requests.cpu',
      '5 in all',
    ],
  ])('is refused for %s', (_what, spec, given, field, words) => {
    expect(nodeFaults(spec, given, nodes)).toEqual([{ field, problem: expect.stringContaining(words) }]);
  });

  it('says nothing where no node is known', () => {
    expect(nodeFaults(job, pod({}, { cpu: '1000' }), [])).toEqual([]);
  });
});
