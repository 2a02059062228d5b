import type { BuildJobSpec } from '@buildkite-operator/crds';
import { KubeError, type Pod } from '@buildkite-operator/kube';
import { createLogger } from '@buildkite-operator/service';
import { describe, expect, it } from 'vitest';
import { dryRunVerdict } from './dry-run.ts';

const call = 'POST /api/v1/namespaces/jobs/pods: ';
const never = new AbortController().signal;
const logger = createLogger('test', 'silent');
const pod: Pod = {
  metadata: { name: 'bk-1' },
  spec: {
    containers: [
      { name: 'agent', workingDir: 'x' },
      {
        name: 'container-0',
        env: [{ name: 'OWN' }, { name: 'A', valueFrom: {} }],
        resources: { limits: { cpu: '1', 'nvidia.com/gpu': '1' } },
      },
      { name: 'beside' },
    ],
    initContainers: [
      { name: 'side' },
      {
        name: 'db',
        ports: [{ containerPort: 0 }],
        volumeMounts: [
          { name: 'workspace', mountPath: '/workspace' },
          { name: 'x', mountPath: 'y' },
        ],
      },
      { name: 'cache', livenessProbe: {} },
    ],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'b' },
      { maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'c' },
    ],
    volumes: [{ name: 'data' }],
  },
};
const spec: BuildJobSpec = {
  buildkite: { jobId: '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b' },
  cancelled: false,
  serviceAccountName: 'deployer',
  image: 'own:1',
  environment: 'node',
  env: [{ name: 'A', valueFrom: {} }],
  resources: { limits: { cpu: '1', 'nvidia.com/gpu': '1' } },
  extraContainers: [
    { name: 'db', image: 'postgres', ports: [{ containerPort: 0 }], volumeMounts: [{ name: 'x', mountPath: 'y' }] },
    { environment: 'cache' },
  ],
  topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'c' }],
  podLabels: { a: 'b' },
  podPatch: { dnsPolicy: 'Nowhere', hostAliases: [], containers: [{ name: 'agent', workingDir: 'x' }, { name: 'beside' }] },
};
const verdict = (error: Error | undefined, fullQuota: 'wait' | 'refuse' = 'wait') => {
  const tryPod = async () => {
    if (error !== undefined) throw error;
  };
  return dryRunVerdict(spec, pod, { fullQuota, tryPod, logger }, never);
};
const quota = (requested: string, limited: string) =>
  new KubeError(
    'Forbidden',
    `${call}pods "bk-1" is forbidden: exceeded quota: team, requested: ${requested}, used: pods=1, limited: ${limited}`,
    { status: 403 },
  );

describe('what the API server says to the pod', () => {
  it.each<[string, Error | undefined]>([
    ['yes', undefined],
    ['that it exists already', new KubeError('AlreadyExists', `${call}pods "bk-1" already exists`, { status: 409 })],
  ])('is nothing when it says %s', async (_what, error) => {
    expect(await verdict(error)).toEqual({ faults: [], warnings: [] });
  });

  it.each<[string, Error]>([
    ['is unreachable', new KubeError('Unreachable', 'connect refused')],
    ['is busy', new KubeError('TooManyRequests', `${call}busy`, { status: 429 })],
    ['took too long', new DOMException('too late', 'TimeoutError')],
    ['failed', new KubeError('InternalError', `${call}failed calling webhook`, { status: 500 })],
    ['gives no right', new KubeError('Forbidden', `${call}pods is forbidden: User "x" cannot create resource "pods"`, { status: 403 })],
    ['knows no such namespace', new KubeError('NotFound', `${call}namespaces "jobs" not found`, { status: 404 })],
  ])('is only a warning when the API server %s', async (_what, error) => {
    const { faults, warnings } = await verdict(error);
    expect(faults).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('could not be tried')]);
  });

  it.each([
    ['spec.containers[1].image', 'spec.image'],
    ['spec.containers[1].resources.limits[cpu]', 'spec.resources.limits.cpu'],
    ['spec.containers[1].resources.limits[nvidia.com/gpu]', 'spec.resources.limits[nvidia.com/gpu]'],
    ['spec.containers[1].resources.limits[memory]', '(rendered pod) spec.containers[container-0].resources.limits[memory]'],
    ['spec.containers[1].resources.limits', 'spec.resources.limits'],
    ['spec.containers[1].env[1].valueFrom', 'spec.env[0].valueFrom'],
    ['spec.containers[1].env[0].name', '(rendered pod) spec.containers[container-0].env[0].name'],
    ['spec.containers[1].securityContext.runAsUser', 'environment node: spec.container.securityContext.runAsUser'],
    ['spec.containers[2].image', 'spec.podPatch.containers[1].image'],
    ['spec.initContainers[1].ports[0].containerPort', 'spec.extraContainers[0].ports[0].containerPort'],
    ['spec.initContainers[1].volumeMounts[1].mountPath', 'spec.extraContainers[0].volumeMounts[0].mountPath'],
    ['spec.initContainers[1].lifecycle.preStop', 'spec.extraContainers[0].lifecycle.preStop'],
    ['spec.initContainers[2].livenessProbe', 'environment cache: spec.container.livenessProbe'],
    ['spec.topologySpreadConstraints[0].maxSkew', 'environment node: spec.topologySpreadConstraints[0].maxSkew'],
    ['spec.topologySpreadConstraints[1].topologyKey', 'spec.topologySpreadConstraints[0].topologyKey'],
    ['spec.securityContext.sysctls[0].name', 'environment node: spec.podSecurityContext.sysctls[0].name'],
    ['spec.containers[1].resources.requests', '(rendered pod) spec.containers[container-0].resources.requests'],
    ['spec.containers[0].workingDir', 'spec.podPatch.containers[0].workingDir'],
    ['spec.containers[0].image', '(rendered pod) spec.containers[agent].image'],
    ['spec.initContainers[0].image', '(rendered pod) spec.initContainers[side].image'],
    ['spec.containers[9].image', '(rendered pod) spec.containers[9].image'],
    ['spec.dnsPolicy', 'spec.podPatch.dnsPolicy'],
    ['spec.hostAliases[0].ip', 'spec.podPatch.hostAliases'],
    ['spec.serviceAccountName', 'spec.serviceAccountName'],
    ['spec.priorityClassName', 'environment node: spec.priorityClassName'],
    ['spec.volumes[0].name', '(rendered pod) spec.volumes[data].name'],
    ['spec.volumes[7].name', '(rendered pod) spec.volumes[7].name'],
    ['metadata.labels', 'spec.podLabels'],
    ['metadata.annotations', '(rendered pod) metadata.annotations'],
  ])('about %s is told of %s', async (field, expected) => {
    const causes = [{ field, reason: 'FieldValueInvalid', message: 'Invalid value: "x": the words' }];
    const { faults } = await verdict(new KubeError('Invalid', `${call}Pod "bk-1" is invalid`, { status: 422, causes }));
    expect(faults).toEqual([{ field: expected, problem: 'Invalid value: "x": the words' }]);
  });

  it('is told in its own words, without the call, where it names no field', async () => {
    const words = 'pods "bk-1" is forbidden: violates PodSecurity "restricted:latest"';
    expect((await verdict(new KubeError('Forbidden', call + words, { status: 403 }))).faults).toEqual([
      { field: '(rendered pod)', problem: words },
    ]);
  });

  it.each([
    ['pods "bk-1" is forbidden: no PriorityClass with name urgent was found', ['environment node: spec.priorityClassName']],
    ['pods "bk-1" is forbidden: pod rejected: RuntimeClass "kata" not found', ['environment node: spec.runtimeClassName']],
    [
      'pods "bk-1" is forbidden: error looking up service account jobs/deployer: serviceaccount "deployer" not found',
      ['spec.serviceAccountName'],
    ],
    [
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.dnsPolicy", unknown field "spec.volumes[0].emptydir"',
      ['spec.podPatch.dnsPolicy', '(rendered pod) spec.volumes[data].emptydir'],
    ],
  ])('is told of its field where only the words name it: %s', async (words, fields) => {
    const isForbidden = words.startsWith('pods');
    const error = new KubeError(isForbidden ? 'Forbidden' : 'BadRequest', call + words, { status: isForbidden ? 403 : 400 });
    expect((await verdict(error)).faults).toEqual(fields.map(field => ({ field, problem: words })));
  });

  it.each<[string, KubeError, 'wait' | 'refuse', boolean]>([
    ['is full, and jobs wait', quota('pods=1', 'pods=1'), 'wait', false],
    ['is full, and jobs are refused', quota('pods=1', 'pods=1'), 'refuse', true],
    ['is smaller than the pod', quota('limits.cpu=2500m,pods=1', 'limits.cpu=2,pods=10'), 'wait', true],
    ['is just large enough', quota('requests.memory=1024Mi', 'requests.memory=1Gi'), 'wait', false],
  ])('about a quota that %s', async (_what, error, fullQuota, isRefused) => {
    const { faults, warnings } = await verdict(error, fullQuota);
    expect(faults.length > 0).toBe(isRefused);
    expect(warnings.length > 0).toBe(!isRefused);
  });
});
