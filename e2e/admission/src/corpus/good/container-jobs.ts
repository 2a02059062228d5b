import { fullContainer } from './full-container.ts';
import { good } from './good-case.ts';

/** Init containers and sidecars. */
export const containerJobs = [
  good('init-of-an-image', { initContainers: [{ name: 'first', image: 'busybox:1.37', command: ['true'] }] }),
  good('init-of-an-environment', { initContainers: [{ environment: 'warm' }] }),
  good('init-of-an-environment-overridden', {
    initContainers: [{ name: 'hot', environment: 'warm', image: 'node:25', env: [{ name: 'WARM', value: 'job' }], essential: true }],
  }),
  good('init-without-the-probes-of-its-environment', { initContainers: [{ environment: 'postgres', command: ['initdb'] }] }),
  good('inits-in-order', {
    environment: 'service',
    initContainers: [
      { name: 'third', image: 'busybox' },
      { name: 'fourth', image: 'busybox' },
    ],
  }),
  good('init-with-everything', {
    environment: 'service',
    initContainers: [{ ...fullContainer, command: ['sh', '-c'], args: ['echo "$A"'], workingDir: '/cache' }],
  }),
  good('sidecar-of-an-image', { extraContainers: [{ name: 'redis', image: 'redis:8' }] }),
  good('sidecar-of-an-environment', { extraContainers: [{ environment: 'postgres' }] }),
  good('sidecar-of-an-environment-overridden', {
    extraContainers: [
      {
        name: 'db',
        environment: 'postgres',
        image: 'postgres:18',
        args: ['postgres'],
        env: [{ name: 'POSTGRES_DB', value: 'test' }],
        resources: { limits: { memory: '2Gi' } },
      },
    ],
  }),
  good('sidecars-that-are-essential', {
    extraContainers: [
      { name: 'zoo', image: 'zookeeper', essential: true },
      { name: 'app', image: 'app', essential: true },
      { name: 'log', image: 'log', essential: false },
    ],
  }),
  good('sidecar-with-everything', {
    environment: 'service',
    extraContainers: [
      {
        name: 'everything',
        image: 'busybox:1.37',
        imagePullPolicy: 'IfNotPresent',
        command: ['sleep'],
        args: ['infinity'],
        workingDir: '/workspace/build',
        env: [
          { name: 'A', value: '1' },
          { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        ],
        envFrom: [{ configMapRef: { name: 'f', optional: true } }],
        resources: { requests: { cpu: '5m' }, limits: { memory: '16Mi' } },
        ports: [{ name: 'web', containerPort: 80, protocol: 'TCP' }],
        volumeMounts: [{ name: 'cache', mountPath: '/mnt/cache', subPath: 'a' }],
        securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
        startupProbe: { httpGet: { path: '/healthz', port: 'web' }, failureThreshold: 30 },
        livenessProbe: { exec: { command: ['true'] } },
        readinessProbe: { grpc: { port: 80 } },
        lifecycle: { postStart: { exec: { command: ['true'] } }, preStop: { exec: { command: ['sh', '-c', 'flush'] } } },
        essential: true,
      },
    ],
  }),
];
