import { describe, expect, it } from 'vitest';
import { builtin } from './builtin-resources.ts';
import { apiVersionOf, collectionPath, defineResource, objectPath } from './resource-definition.ts';

const jobs = defineResource({
  group: 'buildkite-operator.io',
  version: 'v1alpha1',
  kind: 'BuildJob',
  plural: 'buildjobs',
  namespaced: true,
});

describe('paths', () => {
  it.each([
    [collectionPath(builtin.pods), '/api/v1/pods'],
    [collectionPath(builtin.pods, 'ns'), '/api/v1/namespaces/ns/pods'],
    [collectionPath(jobs, 'ns'), '/apis/buildkite-operator.io/v1alpha1/namespaces/ns/buildjobs'],
    [objectPath(builtin.pods, { name: 'a', namespace: 'ns' }), '/api/v1/namespaces/ns/pods/a'],
    [objectPath(jobs, { name: 'a', namespace: 'ns' }, 'status'), '/apis/buildkite-operator.io/v1alpha1/namespaces/ns/buildjobs/a/status'],
    [objectPath(builtin.nodes, { name: 'n', namespace: undefined }), '/api/v1/nodes/n'],
    [objectPath(builtin.namespaces, { name: 'a/../b' }), '/api/v1/namespaces/a%2F..%2Fb'],
  ])('%s', (path, expected) => {
    expect(path).toBe(expected);
  });

  it.each([
    ['a name is missing', () => objectPath(builtin.pods, { name: '', namespace: 'ns' })],
    ['a namespace is missing', () => objectPath(builtin.pods, { name: 'a' })],
    ['a kind without namespaces is given one', () => collectionPath(builtin.nodes, 'ns')],
  ])('are refused when %s', (_what, path) => {
    expect(path).toThrow(expect.objectContaining({ code: 'InvalidReference' }));
  });
});

it('apiVersion has the group only if there is one', () => {
  expect([apiVersionOf(builtin.pods), apiVersionOf(jobs)]).toEqual(['v1', 'buildkite-operator.io/v1alpha1']);
});
