import { expect, it } from 'vitest';
import { resourceOfPath } from './resource-of-path.ts';

it.each([
  ['/api/v1/pods', 'pods'],
  ['/api/v1/namespaces/ns/pods', 'pods'],
  ['/api/v1/namespaces/ns/pods/a', 'pods'],
  ['/api/v1/namespaces/ns/pods/a/status', 'pods/status'],
  ['/api/v1/namespaces', 'namespaces'],
  ['/api/v1/namespaces/ns', 'namespaces'],
  ['/api/v1/namespaces/ns/finalize', 'namespaces/finalize'],
  ['/apis/buildkite-operator.io/v1alpha1/namespaces/ns/buildjobs/a/status', 'buildjobs/status'],
  ['/apis/apps/v1/deployments', 'deployments'],
  ['/readyz', 'other'],
  ['/apis', 'other'],
])('%s is about %s, whatever the names in it', (path, resource) => {
  expect(resourceOfPath(path)).toBe(resource);
});
