import type { ConfigInput } from '@buildkite-operator/config';

/** The operator's configuration in this area: the safe defaults, with some of each kind allowed by name. */
export const areaConfig: ConfigInput = {
  policy: {
    hostPaths: ['/mnt/ci-cache'],
    serviceAccounts: ['ci-*'],
    priorityClasses: ['ci-*'],
    runtimeClasses: ['sandboxed', 'ci-*'],
    environments: [
      { environments: ['gpu-*'], pipelines: ['ml-*'] },
      { environments: ['vault-*'], namespaces: ['secure-*'] },
    ],
  },
};

/** Objects that jobs of the corpus name, as `kubectl` takes them. A pod is refused without them. */
export const namedObjects = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    ...['ci-low', 'ci-high', 'ci-counted'].map(name => ({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value: 10,
      preemptionPolicy: 'Never',
    })),
    { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'sandboxed' }, handler: 'sandboxed' },
    ...['ci-builder', 'ci-publisher'].map(name => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } })),
  ],
};
