import type { BuildEnvironmentSpec, BuildJobSpec } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { compose } from './compose.ts';
import { nodeAffinity, placement } from './placement.ts';
import { byName, podDefaults, sampleEnvironment, sampleJob } from './testing/index.ts';

function placed(job: Partial<BuildJobSpec>, environment: BuildEnvironmentSpec = {}) {
  const built = sampleJob({ environment: 'node', ...job });
  return placement(
    built,
    compose(built, byName([sampleEnvironment('node', environment)]), podDefaults, () => undefined),
    podDefaults,
  );
}

const lostNode = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'].map(key => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 60,
}));

describe('where a pod runs', () => {
  it('is left to the scheduler where nobody says, without a service account token', () => {
    expect(placed({})).toStrictEqual({ automountServiceAccountToken: false, tolerations: lostNode });
  });

  it.each<[string, Partial<BuildJobSpec>, BuildEnvironmentSpec, object]>([
    [
      'a service account comes with its token',
      { serviceAccountName: 'deployer' },
      {},
      { serviceAccountName: 'deployer', automountServiceAccountToken: true },
    ],
    [
      "the job's service account wins over its environment's",
      { serviceAccountName: 'deployer' },
      { serviceAccountName: 'builder' },
      { serviceAccountName: 'deployer', automountServiceAccountToken: true },
    ],
    [
      "the environment's service account counts where the job has none",
      {},
      { serviceAccountName: 'builder' },
      { serviceAccountName: 'builder', automountServiceAccountToken: true },
    ],
    ["the job's priority class wins", { priorityClassName: 'high' }, { priorityClassName: 'low' }, { priorityClassName: 'high' }],
    ["the environment's priority class counts", {}, { priorityClassName: 'low' }, { priorityClassName: 'low' }],
    [
      "node selectors merge key by key, the job's value wins",
      { nodeSelector: { disk: 'ssd' } },
      { nodeSelector: { disk: 'hdd', zone: 'a' } },
      { nodeSelector: { disk: 'ssd', zone: 'a' } },
    ],
    [
      "tolerations are the environment's, then the job's",
      { tolerations: [{ key: 'gpu', operator: 'Exists' }] },
      { tolerations: [{ key: 'ci', value: 'yes' }] },
      {
        tolerations: [{ key: 'ci', value: 'yes' }, { key: 'gpu', operator: 'Exists' }, ...lostNode],
      },
    ],
    [
      "spread constraints are the environment's, then the job's",
      { topologySpreadConstraints: [{ maxSkew: 2, topologyKey: 'host', whenUnsatisfiable: 'DoNotSchedule' }] },
      { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] },
      {
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
          { maxSkew: 2, topologyKey: 'host', whenUnsatisfiable: 'DoNotSchedule' },
        ],
      },
    ],
    [
      "of two that Kubernetes refuses beside each other, the job's spread constraint counts",
      { topologySpreadConstraints: [{ maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] },
      { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] },
      { topologySpreadConstraints: [{ maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] },
    ],
    ["the job's runtime class wins", { runtimeClassName: 'kata' }, { runtimeClassName: 'gvisor' }, { runtimeClassName: 'kata' }],
    ["the environment's runtime class counts", {}, { runtimeClassName: 'gvisor' }, { runtimeClassName: 'gvisor' }],
    [
      'architecture and operating system are node labels',
      { architecture: 'arm64' },
      { operatingSystem: 'linux' },
      { nodeSelector: { 'kubernetes.io/arch': 'arm64', 'kubernetes.io/os': 'linux' } },
    ],
    [
      "the job's architecture wins over its environment's",
      { architecture: 'arm64' },
      { architecture: 'amd64', nodeSelector: { disk: 'ssd' } },
      { nodeSelector: { 'kubernetes.io/arch': 'arm64', disk: 'ssd' } },
    ],
    [
      "the job's node selector wins over its environment's architecture",
      { nodeSelector: { 'kubernetes.io/arch': 'arm64' } },
      { architecture: 'amd64' },
      { nodeSelector: { 'kubernetes.io/arch': 'arm64' } },
    ],
  ])('%s', (_title, job, environment, expected) => {
    expect(placed(job, environment)).toStrictEqual({ automountServiceAccountToken: false, tolerations: lostNode, ...expected });
  });

  const unreachable = 'node.kubernetes.io/unreachable';

  it.each<[string, Partial<BuildJobSpec>, BuildEnvironmentSpec, readonly object[]]>([
    [
      'in the job',
      { tolerations: [{ key: unreachable, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }] },
      {},
      lostNode.slice(1),
    ],
    ['in the environment, for all effects', {}, { tolerations: [{ key: unreachable, operator: 'Exists' }] }, lostNode.slice(1)],
    ['for another effect', { tolerations: [{ key: unreachable, operator: 'Exists', effect: 'NoSchedule' }] }, {}, lostNode],
    ['with every other taint', { tolerations: [{ operator: 'Exists' }] }, {}, lostNode],
  ])('waits for a lost node as long as the operator says, unless that taint is tolerated by name: %s', (_how, job, environment, added) => {
    expect(placed(job, environment).tolerations).toStrictEqual([...(environment.tolerations ?? []), ...(job.tolerations ?? []), ...added]);
  });

  it('fulfils all requirements of environment and job, and prefers what either prefers', () => {
    const { affinity } = placed(
      {
        jobNodeRequirements: [{ key: 'cores', operator: 'Gt', values: ['4'] }],
        jobNodePreferences: [{ weight: 1, requirements: [{ key: 'spot', operator: 'DoesNotExist' }] }],
      },
      {
        nodeRequirements: [{ key: 'arch', operator: 'In', values: ['arm64'] }],
        nodePreferences: [{ weight: 100, requirements: [{ key: 'disk', operator: 'In', values: ['ssd'] }] }],
      },
    );
    expect(affinity?.nodeAffinity).toStrictEqual({
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: 'arch', operator: 'In', values: ['arm64'] },
              { key: 'cores', operator: 'Gt', values: ['4'] },
            ],
          },
        ],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
        { weight: 1, preference: { matchExpressions: [{ key: 'spot', operator: 'DoesNotExist' }] } },
      ],
    });
  });

  it('has no empty halves of an affinity: the API server takes none', () => {
    expect(nodeAffinity([], [])).toBeUndefined();
    expect(nodeAffinity([{ key: 'a', operator: 'Exists' }], [])?.nodeAffinity).not.toHaveProperty(
      'preferredDuringSchedulingIgnoredDuringExecution',
    );
    expect(nodeAffinity([], [{ weight: 1, requirements: [{ key: 'a', operator: 'Exists' }] }])?.nodeAffinity).not.toHaveProperty(
      'requiredDuringSchedulingIgnoredDuringExecution',
    );
  });
});
