import type { Node } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../kubernetes-pod.ts';
import { fitsNode, type NodeToFit } from './fits-node.ts';

/** As the API server gives it. */
const node: Node = {
  metadata: { name: 'node-1', labels: { disk: 'ssd', cores: '8', spot: '', words: 'many' } },
  status: { allocatable: { cpu: '4', memory: '8Gi', 'nvidia.com/gpu': '1', pods: '110' } },
};
const tainted = (key: string, effect = 'NoSchedule', value?: string): NodeToFit => ({
  ...node,
  spec: { taints: [{ key, effect, ...(value !== undefined && { value }) }] },
});
const misfits = (spec: Partial<PodSpec>, on: NodeToFit = node) => fitsNode({ spec: { containers: [], ...spec } }, on);
const asking = (requests: Record<string, string>) => ({ name: 'c', resources: { requests } });
const sidecar = (requests: Record<string, string>) => ({ ...asking(requests), restartPolicy: 'Always' });

describe('what a pod asks for', () => {
  it.each<[string, Partial<PodSpec>]>([
    ['nothing', {}],
    ['all there is', { containers: [asking({ cpu: '3' }), asking({ cpu: '1000m', memory: '8Gi', 'nvidia.com/gpu': '1' })] }],
    ['nothing of what there is not', { containers: [asking({ 'amd.com/gpu': '0' })] }],
    ['much, one after another', { initContainers: [asking({ cpu: '4' }), asking({ cpu: '4' })], containers: [asking({ cpu: '4' })] }],
    ['much before a sidecar starts', { initContainers: [asking({ cpu: '4' }), sidecar({ cpu: '1' })], containers: [asking({ cpu: '3' })] }],
  ])('fits: %s', (_title, spec) => {
    expect(misfits(spec)).toStrictEqual([]);
  });

  it.each<[string, Partial<PodSpec>, string, string]>([
    ['containers together', { containers: [asking({ cpu: '3' }), asking({ cpu: '1001m' })] }, 'cpu', '4001m'],
    ['an init container', { initContainers: [asking({ memory: '9Gi' })] }, 'memory', '9Gi'],
    ['a sidecar beside the containers', { initContainers: [sidecar({ cpu: '1' })], containers: [asking({ cpu: '4' })] }, 'cpu', '5'],
    ['a sidecar beside a later init container', { initContainers: [sidecar({ cpu: '1' }), asking({ cpu: '4' })] }, 'cpu', '5'],
    ['a limit alone', { containers: [{ name: 'c', resources: { limits: { cpu: '5' } } }] }, 'cpu', '5'],
    ['the overhead', { containers: [asking({ cpu: '4' })], overhead: { cpu: '1' } }, 'cpu', '5'],
    ['more devices', { containers: [asking({ 'nvidia.com/gpu': '2' })] }, 'nvidia.com/gpu', '2'],
    ['devices that there are none of', { containers: [asking({ 'amd.com/gpu': '1' })] }, 'amd.com/gpu', '1'],
  ])('does not fit: %s', (_title, spec, resource, value) => {
    expect(misfits(spec)).toMatchObject([{ field: `resources.requests[${resource}]`, value }]);
  });
});

type NodeAffinity = NonNullable<NonNullable<PodSpec['affinity']>['nodeAffinity']>;
type Terms = NonNullable<NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']>['nodeSelectorTerms'];

describe('the node rules of a pod', () => {
  const required = (...nodeSelectorTerms: Terms): Partial<PodSpec> => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms,
        },
      },
    },
  });
  const rule = (key: string, operator: string, ...values: string[]) => required({ matchExpressions: [{ key, operator, values }] });

  it.each<[string, Partial<PodSpec>]>([
    ['a selector', { nodeSelector: { disk: 'ssd', spot: '' } }],
    ['In', rule('disk', 'In', 'hdd', 'ssd')],
    ['NotIn', rule('disk', 'NotIn', 'hdd')],
    ['NotIn of a label that is not there', rule('zone', 'NotIn', 'a')],
    ['Exists', rule('spot', 'Exists')],
    ['DoesNotExist', rule('zone', 'DoesNotExist')],
    ['Gt', rule('cores', 'Gt', '7')],
    ['Lt', rule('cores', 'Lt', '9')],
    [
      'one of several terms',
      required({ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, { matchExpressions: [{ key: 'disk', operator: 'Exists' }] }),
    ],
    ['its name', required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] })],
  ])('match: %s', (_title, spec) => {
    expect(misfits(spec)).toStrictEqual([]);
  });

  it.each<[string, Partial<PodSpec>, string, string]>([
    ['a label that is not there', { nodeSelector: { zone: 'a' } }, 'nodeSelector[zone]', 'the node has no label zone'],
    ['a label with another value', { nodeSelector: { disk: 'hdd' } }, 'nodeSelector[disk]', 'the node\'s label disk is "ssd"'],
    ['another node', { nodeName: 'node-2' }, 'nodeName', 'the node is node-1'],
    ...(
      [
        ['In', 'disk', 'In', 'hdd'],
        ['In, of a label that is not there', 'zone', 'In', 'a'],
        ['NotIn', 'disk', 'NotIn', 'ssd'],
        ['Exists', 'zone', 'Exists'],
        ['DoesNotExist', 'spot', 'DoesNotExist'],
        ['Gt', 'cores', 'Gt', '8'],
        ['Lt', 'cores', 'Lt', '8'],
        ['Gt of what is no number', 'words', 'Gt', '1'],
        ['an operator that there is not', 'disk', 'Like', 'ssd'],
      ] as const
    ).map(([title, key, operator, ...values]): [string, Partial<PodSpec>, string, string] => [
      title,
      rule(key, operator, ...values),
      'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution',
      "the node's labels do not match",
    ]),
  ])('do not match: %s', (_title, spec, field, problem) => {
    expect(misfits(spec)).toMatchObject([{ field, problem }]);
  });

  it('match no node with an empty term, and need all that a term says', () => {
    expect(misfits(required({}))).toHaveLength(1);
    const [misfit] = misfits(
      required({
        matchExpressions: [
          { key: 'disk', operator: 'Exists' },
          { key: 'zone', operator: 'In', values: ['a', 'b'] },
        ],
      }),
    );
    expect(misfit?.value).toBe('disk Exists, zone In a b');
  });
});

describe('a taint', () => {
  it.each<[string, NodeToFit, PodSpec['tolerations']]>([
    ['is tolerated by key', tainted('gpu'), [{ key: 'gpu', operator: 'Exists' }]],
    ['is tolerated by value', tainted('team', 'NoExecute', 'web'), [{ key: 'team', value: 'web' }]],
    ['without a value is tolerated by key alone', tainted('gpu'), [{ key: 'gpu' }]],
    ['is tolerated with all others', tainted('gpu'), [{ operator: 'Exists' }]],
    ['is tolerated with its effect', tainted('gpu'), [{ key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }]],
    ['only makes the node less welcome', tainted('gpu', 'PreferNoSchedule'), []],
    ['passes: the node is cordoned', tainted('node.kubernetes.io/unschedulable'), []],
    ['passes: the node is not ready', tainted('node.kubernetes.io/not-ready', 'NoExecute'), []],
  ])('%s', (_title, on, tolerations) => {
    expect(misfits({ ...(tolerations !== undefined && { tolerations }) }, on)).toStrictEqual([]);
  });

  it.each<[string, NodeToFit, PodSpec['tolerations']]>([
    ['nobody tolerates', tainted('team', 'NoSchedule', 'web'), undefined],
    ['tolerated with another value', tainted('team', 'NoSchedule', 'web'), [{ key: 'team', value: 'ml' }]],
    ['tolerated with another effect', tainted('team', 'NoSchedule', 'web'), [{ key: 'team', operator: 'Exists', effect: 'NoExecute' }]],
    ['beside the one that is tolerated', tainted('team', 'NoSchedule', 'web'), [{ key: 'gpu', operator: 'Exists' }]],
  ])('repels: one %s', (_title, on, tolerations) => {
    expect(misfits({ ...(tolerations !== undefined && { tolerations }) }, on)).toMatchObject([
      { field: 'tolerations', value: 'team=web:NoSchedule', problem: 'the pod does not tolerate this taint of the node' },
    ]);
  });
});

it('tells everything that does not fit', () => {
  const spec = { nodeSelector: { zone: 'a' }, containers: [asking({ cpu: '5', memory: '9Gi' })] };
  expect(misfits(spec, tainted('gpu')).map(({ field }) => field)).toStrictEqual([
    'resources.requests[cpu]',
    'resources.requests[memory]',
    'nodeSelector[zone]',
    'tolerations',
  ]);
});
