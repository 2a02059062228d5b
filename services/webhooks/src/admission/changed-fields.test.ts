import { describe, expect, it } from 'vitest';
import { changedFields } from './changed-fields.ts';

describe('changes of a job whose pod exists', () => {
  it.each<[string, object, object, Record<string, string>]>([
    ['nothing', { image: 'a' }, { image: 'a' }, {}],
    ['the order of keys', { env: [{ name: 'A', value: '1' }] }, { env: [{ value: '1', name: 'A' }] }, {}],
    ['cancelled', { cancelled: false }, { cancelled: true }, {}],
    ['a scalar', { image: 'a' }, { image: 'b' }, { 'spec.image': '"a" and would be "b"' }],
    ['a new field', {}, { image: 'b' }, { 'spec.image': 'unset and would be "b"' }],
    ['a removed field', { image: 'a' }, {}, { 'spec.image': '"a" and would be unset' }],
    [
      'a key of an opaque part, at an equal count',
      { podPatch: { dnsConfig: { options: [{ name: 'a' }] } } },
      { podPatch: { dnsConfig: { options: [{ value: 'a' }] } } },
      { 'spec.podPatch.dnsConfig.options[0].name': '"a" and would be unset', 'spec.podPatch.dnsConfig.options[0].value': 'unset' },
    ],
    [
      'where a value comes from',
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 's', key: 'k' } } }] },
      { 'spec.env[0].valueFrom.secretKeyRef': 'unset', 'spec.env[0].valueFrom.configMapKeyRef': 'it was unset' },
    ],
    ['an added entry', { env: [] }, { env: [{ name: 'A' }] }, { 'spec.env[0]': '{"name":"A"}' }],
    ['a key with dots', { nodeSelector: { 'a.b/c': '1' } }, { nodeSelector: { 'a.b/c': '2' } }, { 'spec.nodeSelector[a.b/c]': '"2"' }],
    ['a long value', { command: 'a' }, { command: 'b'.repeat(1000) }, { 'spec.command': '…' }],
  ])('%s', (_what, before, after, expected) => {
    const faults = changedFields({ ...before }, { ...after });
    expect(faults.map(({ field }) => field).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const { field, problem } of faults) expect(problem).toContain(expected[field]);
  });
});
