import type { BuildEnvironmentSpec, BuildJobSpec } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { compose } from './compose.ts';
import { nodeAffinity, placement } from './placement.ts';
import { byName, podDefaults, sampleEnvironment, sampleJob } from './testing/index.ts';

function placed(job: Partial<BuildJobSpec>, environment: BuildEnvironmentSpec = {}) {
  const built = sampleJob({ environment: 'node', ...job });
  return placement(built, compose(built, byName([sampleEnvironment('node', environment)]), podDefaults));
}

describe('where a pod runs', () => {
  it('is left to the scheduler where nobody says, without a service account token', () => {
    expect(placed({})).toStrictEqual({ automountServiceAccountToken: false });
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
        tolerations: [
          { key: 'ci', value: 'yes' },
          { key: 'gpu', operator: 'Exists' },
        ],
      },
    ],
    [
      "the environment's spread constraints are passed on",
      {},
      { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] },
      { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] },
    ],
  ])('%s', (_title, job, environment, expected) => {
    expect(placed(job, environment)).toStrictEqual({ automountServiceAccountToken: false, ...expected });
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
