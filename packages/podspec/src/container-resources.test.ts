import type { ResourceRequirements } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { containerResources, mergeResources } from './container-resources.ts';
import { reported } from './testing/index.ts';

const source = (field: string, resources: ResourceRequirements) => ({ field, template: { resources } });

describe('resources of several layers', () => {
  it('merge key by key, the later layer wins', () => {
    const layers = [
      { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2' } },
      { requests: { cpu: '2' } },
      undefined,
      { limits: { memory: 5 } },
    ];
    expect(mergeResources(...layers)).toStrictEqual({ requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '2', memory: 5 } });
  });

  it.each(['nvidia.com/gpu', 'hugepages-2Mi'])('have %s in requests and limits, wherever it was given', resource => {
    const both = { requests: { [resource]: 1 }, limits: { [resource]: 1 } };
    for (const list of ['requests', 'limits'])
      expect(
        reported(report => expect(containerResources([source('spec', { [list]: { [resource]: 1 } })], report)).toStrictEqual(both)),
      ).toStrictEqual([]);
  });

  it("let a job ask for another number of devices than its environment's, in either list", () => {
    const sources = [
      source('spec', { requests: { 'nvidia.com/gpu': 2 } }),
      source('environment gpu: spec.container', { limits: { 'nvidia.com/gpu': 1 } }),
    ];
    const both = { requests: { 'nvidia.com/gpu': 2 }, limits: { 'nvidia.com/gpu': 2 } };
    expect(reported(report => expect(containerResources(sources, report)).toStrictEqual(both))).toStrictEqual([]);
  });

  it.each(['cpu', 'memory', 'kubernetes.io/batteries'])('leave %s alone, which may be shared out', resource => {
    const given = { requests: { [resource]: 1 } };
    expect(reported(report => expect(containerResources([source('spec', given)], report)).toStrictEqual(given))).toStrictEqual([]);
  });
});

describe('resources that no container can have', () => {
  it.each<[string, ResourceRequirements, string, unknown, string]>([
    [
      'requests above limits',
      { requests: { cpu: 2 }, limits: { cpu: '1900m' } },
      'requests.cpu',
      2,
      'must be less than or equal to cpu limit of 1900m',
    ],
    [
      'in other units',
      { requests: { memory: '1Gi' }, limits: { memory: '1G' } },
      'requests.memory',
      '1Gi',
      'less than or equal to memory limit of 1G',
    ],
    [
      'other devices requested than allowed',
      { requests: { 'nvidia.com/gpu': 1 }, limits: { 'nvidia.com/gpu': 2 } },
      'requests[nvidia.com/gpu]',
      1,
      'must be equal to nvidia.com/gpu limit of 2',
    ],
    ['half a device', { limits: { 'nvidia.com/gpu': '500m' } }, 'limits[nvidia.com/gpu]', '500m', 'must be an integer'],
    ['thousandths of bytes', { limits: { memory: '100m' } }, 'limits.memory', '100m', 'is a fraction of a byte; 100Mi is mebibytes'],
    ['less than nothing', { requests: { cpu: '-1' } }, 'requests.cpu', '-1', 'is less than nothing'],
    ['no quantity', { requests: { cpu: 'two' } }, 'requests.cpu', 'two', 'is no quantity'],
    [
      'a resource that Kubernetes does not know',
      { limits: { gpu: 1 } },
      'limits[gpu]',
      1,
      'is an amount of "gpu", which Kubernetes does not know',
    ],
  ])('%s', (_title, resources, field, value, problem) => {
    const [found, ...more] = reported(report => containerResources([source('spec', resources)], report));
    expect(more).toStrictEqual([]);
    expect(found).toMatchObject({ code: 'ResourcesInvalid', field: `spec.resources.${field}`, value });
    expect(found?.problem).toContain(problem);
  });

  it('are where they were said, whoever said it', () => {
    const sources = [
      source('spec', { limits: { cpu: 1 } }),
      source('environment node: spec.container', { requests: { cpu: 2 }, limits: { cpu: 3 } }),
    ];
    expect(reported(report => containerResources(sources, report))).toMatchObject([
      { field: 'environment node: spec.container.resources.requests.cpu' },
    ]);
  });
});
