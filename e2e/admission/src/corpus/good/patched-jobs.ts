import { good } from './good-case.ts';

/** Patches by each rule of a strategic merge. */
export const patchedJobs = [
  good('patch-of-nothing', { podPatch: {} }),
  good('patch-of-dns', {
    podPatch: { dnsPolicy: 'None', dnsConfig: { nameservers: ['10.0.0.53'], options: [{ name: 'ndots', value: '2' }] } },
  }),
  good('patch-of-the-command', {
    podPatch: {
      volumes: [{ name: 'scratch', emptyDir: { medium: 'Memory' } }],
      containers: [
        {
          name: 'container-0',
          env: [{ name: 'PATCHED', value: '1' }],
          resources: { limits: { memory: '1Gi' } },
          volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
        },
      ],
    },
  }),
  good('patch-of-the-agent', {
    podPatch: {
      containers: [{ name: 'agent', resources: { requests: { cpu: '100m' } } }],
      initContainers: [{ name: 'copy-agent', imagePullPolicy: 'Always' }],
    },
  }),
  good('patch-of-the-checkout', {
    podPatch: {
      containers: [{ name: 'checkout', env: [{ name: 'GIT_TRACE', value: '1' }], envFrom: [{ configMapRef: { name: 'git' } }] }],
    },
  }),
  good('patch-of-the-workspace', { podPatch: { volumes: [{ name: 'workspace', emptyDir: { sizeLimit: '20Gi' } }] } }),
  good('patch-that-deletes-a-sidecar', { environment: 'service', podPatch: { initContainers: [{ name: 'proxy', $patch: 'delete' }] } }),
  good('patch-that-unsets', {
    environment: 'placed',
    podPatch: { priorityClassName: null, nodeSelector: { 'example.com/zone': null }, affinity: { nodeAffinity: null } },
  }),
  good('patch-that-replaces-a-list', { environment: 'placed', podPatch: { tolerations: [{ key: 'patched', operator: 'Exists' }] } }),
  good('patch-with-a-container', { podPatch: { containers: [{ name: 'beside', image: 'busybox', command: ['sleep', '1'] }] } }),
  good('patch-with-a-folder-of-the-node', {
    podPatch: {
      volumes: [{ name: 'node-cache', hostPath: { path: '/mnt/ci-cache/npm' } }],
      containers: [{ name: 'container-0', volumeMounts: [{ name: 'node-cache', mountPath: '/cache' }] }],
    },
  }),
  good('patch-of-the-grace', {
    podPatch: { terminationGracePeriodSeconds: 120, hostname: 'build', subdomain: 'ci', setHostnameAsFQDN: true },
  }),
];
