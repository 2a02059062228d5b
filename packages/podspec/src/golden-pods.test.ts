import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildEnvironment, BuildJobSpec } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { renderPod } from './render-pod.ts';
import { byName, podDefaults, sampleEnvironment, sampleJob, sampleJobId } from './testing/index.ts';

/** Written anew only when UPDATE_GOLDEN=1; the difference is then for a person to review. */
const update = process.env['UPDATE_GOLDEN'] === '1';

interface GoldenCase {
  readonly file: string;
  readonly job: Partial<BuildJobSpec>;
  readonly environments?: readonly BuildEnvironment[];
}

const buildkite = {
  jobId: sampleJobId,
  queue: 'linux',
  pipeline: 'web',
  branch: 'feature/login',
  buildUrl: 'https://buildkite.com/acme/web/builds/7',
  stepKey: 'test',
  agentTags: { arch: 'arm64' },
};

const node = sampleEnvironment('node', {
  description: 'Node with a package cache and a database',
  container: {
    image: 'node:24-slim',
    env: [
      { name: 'CI', value: 'true' },
      { name: 'NPM_TOKEN', valueFrom: { secretKeyRef: { name: 'npm', key: 'token' } } },
    ],
    envFrom: [{ configMapRef: { name: 'build-settings' } }],
    resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '2Gi' } },
    volumeMounts: [{ name: 'cache', mountPath: '/root/.npm' }],
    securityContext: { runAsUser: 1000, runAsGroup: 1000 },
  },
  volumes: [{ name: 'cache', persistentVolumeClaim: { claimName: 'npm-cache' } }],
  initContainers: [
    {
      name: 'own-cache',
      image: 'busybox:1.37',
      command: ['chown', '1000', '/cache'],
      volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
    },
  ],
  extraContainers: [{ environment: 'postgres', essential: true }],
  imagePullSecrets: [{ name: 'registry' }],
  nodeRequirements: [{ key: 'cores', operator: 'Gt', values: ['3'] }],
  tolerations: [{ key: 'ci', operator: 'Exists', effect: 'NoSchedule' }],
  serviceAccountName: 'builder',
  priorityClassName: 'ci-low',
  runtimeClassName: 'sandboxed',
  architecture: 'arm64',
  podSecurityContext: { fsGroup: 1000 },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' }],
  hostAliases: [{ ip: '127.0.0.1', hostnames: ['db'] }],
  podLabels: { team: 'web' },
  podAnnotations: { 'example.com/cost-center': '42' },
});
const postgres = sampleEnvironment('postgres', {
  container: {
    image: 'postgres:17',
    env: [{ name: 'POSTGRES_PASSWORD', value: 'ci' }],
    startupProbe: { exec: { command: ['pg_isready'] } },
    volumeMounts: [{ name: 'data', mountPath: '/var/lib/postgresql/data' }],
  },
  volumes: [{ name: 'data', emptyDir: { medium: 'Memory' } }],
});

const cases: readonly GoldenCase[] = [
  { file: 'plain-job', job: { buildkite, command: 'echo "$HOME"\nmake test' } },
  { file: 'skip-checkout', job: { buildkite: { jobId: sampleJobId }, command: 'date', checkout: { skip: true } } },
  {
    file: 'environment-with-containers',
    job: {
      buildkite,
      environment: 'node',
      command: 'npm test',
      env: [{ name: 'CI', value: '1' }],
      resources: { requests: { cpu: 2 } },
      initContainers: [{ name: 'warm', image: 'node:24-slim', command: ['npm', 'ping'] }],
      jobNodePreferences: [{ weight: 50, requirements: [{ key: 'disk', operator: 'In', values: ['ssd'] }] }],
      operatingSystem: 'linux',
      podLabels: { team: 'frontend' },
      podAnnotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true' },
      topologySpreadConstraints: [{ maxSkew: 2, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' }],
      timeoutSeconds: 600,
      pendingTimeoutSeconds: 120,
      terminationGracePeriodSeconds: 30,
    },
    environments: [node, postgres],
  },
  {
    file: 'checkout-with-credentials',
    job: {
      buildkite,
      command: 'make',
      checkout: { credentialsSecret: 'git', cloneFlags: '--depth=1', fetchFlags: '-v', submodules: false },
    },
  },
  {
    file: 'checkout-with-mirrors',
    job: {
      buildkite,
      command: 'make',
      checkout: {
        submoduleCloneConfig: ['url.https://git.example.com/.insteadOf=git@example.com:', 'http.version=HTTP/1.1'],
        gitMirrors: {
          volume: { name: 'mirrors', persistentVolumeClaim: { claimName: 'git-mirrors' } },
          path: '/mirrors',
          cloneFlags: '-v',
          lockTimeout: 60,
          skipUpdate: true,
        },
      },
    },
  },
  {
    file: 'several-commands',
    job: {
      buildkite,
      environment: 'node',
      command: 'make',
      commandContainers: [
        { name: 'lint', command: 'make lint', env: [{ name: 'CI', value: '2' }], resources: { limits: { memory: '1Gi' } } },
        {
          name: 'docs',
          environment: 'postgres',
          command: 'make docs',
          image: 'docs:1',
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
    },
    environments: [node, postgres],
  },
  {
    file: 'outside-agent',
    job: {
      buildkite: { ...buildkite, outsideAgent: { environmentSecret: 'job-environment' } },
      environment: 'node',
      command: 'npm test',
      env: [{ name: 'CI', value: '1' }],
      initContainers: [{ name: 'warm', image: 'node:24-slim', command: ['npm', 'ping'] }],
      checkout: { credentialsSecret: 'git', submodules: false },
      terminationGracePeriodSeconds: 30,
    },
    environments: [node, postgres],
  },
  {
    file: 'outside-agent-skip-checkout',
    job: {
      buildkite: { jobId: sampleJobId, outsideAgent: { environmentSecret: 'job-environment' } },
      command: 'date',
      checkout: { skip: true },
    },
  },
  {
    file: 'pod-patch',
    job: {
      buildkite,
      command: 'make',
      podPatch: {
        dnsPolicy: 'Default',
        volumes: [
          { name: 'workspace', emptyDir: { medium: 'Memory', sizeLimit: '2Gi' } },
          { name: 'scratch', emptyDir: {} },
        ],
        containers: [
          { name: 'container-0', resources: { limits: { memory: '1Gi' } }, volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] },
          { name: 'agent', resources: { requests: { cpu: '100m' } } },
        ],
      },
    },
  },
];

describe('the golden pod', () => {
  it.each(cases)('$file', ({ file, job, environments = [] }) => {
    const path = join(import.meta.dirname, 'golden', `${file}.yaml`);
    const text = stringify(renderPod(sampleJob(job), byName(environments), podDefaults), { aliasDuplicateObjects: false, lineWidth: 0 });
    if (update) writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, 'utf8'));
  });
});
