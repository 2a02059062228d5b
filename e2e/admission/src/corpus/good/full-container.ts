import type { BuildJobSpec } from '@buildkite-operator/crds';

/** What every kind of a job's containers may have, but for what it runs. Its volume is one of the environment `service`. */
export const fullContainer = {
  name: 'everything',
  image: 'busybox:1.37',
  imagePullPolicy: 'Always',
  env: [
    { name: 'A', value: '1' },
    { name: 'B', valueFrom: { configMapKeyRef: { name: 'c', key: 'd' } } },
  ],
  envFrom: [{ secretRef: { name: 'e' } }],
  resources: { requests: { cpu: '5m', memory: '8Mi' }, limits: { cpu: '100m', memory: '16Mi' } },
  ports: [{ containerPort: 9 }],
  volumeMounts: [{ name: 'cache', mountPath: '/cache', readOnly: true }],
  securityContext: { runAsUser: 65_534, runAsNonRoot: true },
} satisfies NonNullable<BuildJobSpec['initContainers']>[number];
