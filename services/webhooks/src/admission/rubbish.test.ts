import { parseConfig } from '@buildkite-operator/config';
import { createLogger } from '@buildkite-operator/service';
import { array, assert, asyncProperty, constantFrom, dictionary, jsonValue, option, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { webhooksOf } from './webhooks.ts';

const never = new AbortController().signal;
const webhooks = webhooksOf({
  config: () =>
    parseConfig(
      { pod_defaults: 'agentImage: agent:1', admission: 'nodesAutoscale: false', environment_defaults: 'podLabels: { a: b }' },
      { operatorNamespace: 'jobs' },
    ),
  environments: { cached: () => [], live: async () => [] },
  jobs: { live: async () => [] },
  nodes: () => [{ metadata: { name: 'a' }, spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] }, status: { allocatable: { cpu: '1' } } }],
  isNamespaceEnding: async () => false,
  tryPod: async () => undefined,
  logger: createLogger('test', 'silent'),
});

const field = constantFrom(
  'containers',
  'initContainers',
  'volumes',
  'tolerations',
  'affinity',
  'nodeSelector',
  'securityContext',
  '$patch',
  'env',
  'name',
  'resources',
  'limits',
  'hostPath',
);
const patch = dictionary(field, jsonValue({ maxDepth: 3 }));
const container = dictionary(
  constantFrom('name', 'image', 'environment', 'env', 'securityContext', 'volumeMounts', 'resources', 'ports'),
  jsonValue({ maxDepth: 2 }),
);
const spec = record(
  {
    buildkite: record({ jobId: constantFrom('0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b') }),
    cancelled: constantFrom(false, true),
    podPatch: patch,
    container,
    extraContainers: array(
      record(
        { name: constantFrom('a', 'agent'), image: constantFrom('x'), securityContext: patch, lifecycle: patch },
        { requiredKeys: ['name', 'image'] },
      ),
      { maxLength: 2 },
    ),
    volumes: array(record({ name: constantFrom('v', 'workspace'), hostPath: jsonValue(), secret: jsonValue() }), { maxLength: 2 }),
    topologySpreadConstraints: array(patch, { maxLength: 2 }),
    anything: jsonValue(),
  },
  { requiredKeys: ['buildkite', 'cancelled'] },
);
const object = record(
  {
    apiVersion: constantFrom('buildkite-operator.io/v1alpha1'),
    kind: constantFrom('BuildJob', 'BuildEnvironment'),
    metadata: record({ name: constantFrom('go'), namespace: constantFrom('jobs') }),
    spec,
    status: option(jsonValue()),
  },
  { requiredKeys: ['apiVersion', 'kind', 'metadata', 'spec'] },
);
const request = record({
  uid: constantFrom('u'),
  kind: constantFrom({ group: 'buildkite-operator.io', version: 'v1alpha1', kind: 'BuildJob' }),
  resource: constantFrom({ group: 'buildkite-operator.io', version: 'v1alpha1', resource: 'buildjobs' }),
  namespace: constantFrom('jobs', 'others'),
  operation: constantFrom('CREATE', 'UPDATE', 'DELETE', 'CONNECT'),
  object: option(object),
  oldObject: option(object),
});

describe('objects of any content', () => {
  it.each(Object.entries(webhooks))('get an answer from %s', async (_name, webhook) => {
    let answers = 0;
    await assert(
      asyncProperty(request, async given => {
        const { verdict } = await webhook(given, never);
        answers += 1;
        return Array.isArray(verdict.faults);
      }),
      { numRuns: 500 },
    );
    expect(answers).toBe(500);
  });
});
