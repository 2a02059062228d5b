import { environment, job } from '../corpus-object.ts';
import { bad } from './bad-case.ts';

const limits = (quantities: object) => job({ resources: { limits: quantities } });

/** Quantities that are none. */
export const quantityCases = [
  bad('memory in words', limits({ memory: 'much' }), ['spec.resources.limits.memory', '"much"']),
  bad('memory with a blank before its unit', limits({ memory: '2 Gi' }), ['spec.resources.limits.memory', '"2 Gi"']),
  bad('memory in gigabytes as people write them', limits({ memory: '2GB' }), ['spec.resources.limits.memory', '"2GB"']),
  bad('memory in small letters', limits({ memory: '2gi' }), ['spec.resources.limits.memory', '"2gi"']),
  bad('less than no CPU', job({ resources: { requests: { cpu: '-1' } } }), ['spec.resources.requests.cpu', '"-1"']),
  bad('CPU as a fraction without quotes', job({ resources: { requests: { cpu: 0.5 } } }), ['spec.resources.requests.cpu']),
  bad('CPU as a list', limits({ cpu: ['1'] }), ['spec.resources.limits.cpu', '"array"']),
  bad('a resource that is no name', limits({ 'a b': 1 }), ['spec.resources.limits', 'a key']),
  bad('a resource without a name', limits({ '': 1 }), ['spec.resources.limits', 'a key']),
  bad('more resources than there are', limits(Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`example.com/r${index}`, 1]))), [
    'spec.resources.limits',
    '21',
    'at most 20',
  ]),
  bad('memory of a sidecar in words', job({ extraContainers: [{ name: 'a', image: 'b', resources: { limits: { memory: 'all' } } }] }), [
    'spec.extraContainers[0].resources.limits.memory',
    '"all"',
  ]),
  bad('memory of an environment in words', environment({ container: { image: 'a', resources: { requests: { memory: 'some' } } } }), [
    'spec.container.resources.requests.memory',
    '"some"',
  ]),
];

/** Quantities that no container can have together. */
export const impossibleResources = [
  bad('more CPU requested than allowed', job({ resources: { requests: { cpu: 2 }, limits: { cpu: '500m' } } }), [
    'spec.resources.requests.cpu',
    'less than or equal to cpu limit',
  ]),
  bad('more memory requested than allowed, in other units', job({ resources: { requests: { memory: '2Gi' }, limits: { memory: '2G' } } }), [
    'spec.resources.requests.memory',
    'less than or equal to memory limit',
  ]),
  bad('half a GPU', limits({ 'nvidia.com/gpu': '500m' }), ['spec.resources.limits[nvidia.com/gpu]', 'must be an integer']),
  bad('other GPUs requested than allowed', job({ resources: { requests: { 'nvidia.com/gpu': 1 }, limits: { 'nvidia.com/gpu': 2 } } }), [
    'spec.resources.requests[nvidia.com/gpu]',
    'must be equal to nvidia.com/gpu limit',
  ]),
  bad('a resource of Kubernetes that there is not', limits({ disk: '1Gi' }), ['spec.resources.limits[disk]', 'disk']),
  bad('less than a byte of memory', limits({ memory: '500m' }), ['spec.resources.limits.memory', '"500m" is a fraction of a byte']),
];
