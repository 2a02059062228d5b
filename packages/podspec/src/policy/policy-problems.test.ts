import type { BuildEnvironmentSpec, BuildJobSpec, Volume } from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { byName, podDefaults, renderCases, sampleEnvironment, sampleJob, sampleJobId } from '../testing/index.ts';
import type { Policy } from './policy.ts';
import { policyProblems } from './policy-problems.ts';

// A property takes a second or two; on a busy machine, more.
vi.setConfig({ testTimeout: 60_000 });

const strict: Policy = {
  privileged: false,
  hostPaths: ['/mnt/ci-cache'],
  hostNamespaces: false,
  serviceAccounts: ['ci-*'],
  priorityClasses: ['ci-*'],
  runtimeClasses: [],
  podPatch: true,
  environments: [
    { environments: ['gpu-*'], pipelines: ['ml-*'], namespaces: ['*'] },
    { environments: ['gpu-small'], pipelines: ['web'], namespaces: ['jobs'] },
    { environments: ['vault'], pipelines: ['*'], namespaces: ['platform'] },
  ],
};
const open: Policy = {
  ...strict,
  privileged: true,
  hostPaths: ['/'],
  hostNamespaces: true,
  serviceAccounts: ['*'],
  priorityClasses: ['*'],
  runtimeClasses: ['*'],
  environments: [],
};

const dind: BuildEnvironmentSpec = {
  container: {
    image: 'docker:dind',
    securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN'] } },
    volumeMounts: [{ name: 'node', mountPath: '/node', readOnly: true }],
    ports: [{ containerPort: 2375, hostPort: 2375 }],
  },
  volumes: [
    { name: 'node', hostPath: { path: '/var/lib/docker' } },
    { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'vault' } }] } },
  ],
  serviceAccountName: 'platform',
  priorityClassName: 'platform-high',
  runtimeClassName: 'kata',
};
const plain: BuildEnvironmentSpec = { container: { image: 'x' } };
const environments = byName(
  Object.entries({ dind, plain, 'gpu-large': plain, 'gpu-small': plain, vault: plain }).map(([name, spec]) =>
    sampleEnvironment(name, spec),
  ),
);

function problems(spec: Partial<BuildJobSpec>, policy: Policy = strict) {
  return policyProblems(sampleJob(spec), environments, podDefaults, policy);
}

const sidecar = (parts: object) => ({
  extraContainers: [
    { name: 'a', image: 'x' },
    { name: 'helper', image: 'x', ...parts },
  ],
});
const context = (securityContext: object) => sidecar({ securityContext });
const patch = (podPatch: Record<string, unknown>) => ({ podPatch });
const command = (parts: object) => patch({ containers: [{ name: 'agent' }, { name: 'container-0', ...parts }] });
const pipeline = (name: string) => ({ buildkite: { jobId: sampleJobId, pipeline: name } });
const nodeVolume = (path: string) => ({
  volumes: [
    { name: 'more', emptyDir: {} },
    { name: 'host', hostPath: { path } },
  ],
});
const mirrors = (volume: Volume) => ({ checkout: { gitMirrors: { volume } } });
const token = { name: 'sa', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } };

describe('what a job may not ask for', () => {
  const at = 'spec.extraContainers[1]';

  it.each<[string, Partial<BuildJobSpec>, string, unknown]>([
    ['a privileged sidecar', context({ privileged: true }), `${at}.securityContext.privileged`, true],
    ['privilege escalation', context({ allowPrivilegeEscalation: true }), `${at}.securityContext.allowPrivilegeEscalation`, true],
    ['a capability', context({ capabilities: { add: ['SYS_ADMIN'] } }), `${at}.securityContext.capabilities`, 'SYS_ADMIN'],
    ['all of /proc', context({ procMount: 'Unmasked' }), `${at}.securityContext.procMount`, 'Unmasked'],
    ['no seccomp', context({ seccompProfile: { type: 'Unconfined' } }), `${at}.securityContext.seccompProfile`, 'Unconfined'],
    ['no AppArmor', context({ appArmorProfile: { type: 'Unconfined' } }), `${at}.securityContext.appArmorProfile`, 'Unconfined'],
    ['a process of the node', context({ windowsOptions: { hostProcess: true } }), `${at}.securityContext.windowsOptions.hostProcess`, true],
    ['a port of the node', sidecar({ ports: [{ containerPort: 1 }, { containerPort: 80, hostPort: 80 }] }), `${at}.ports[1].hostPort`, 80],
    [
      'no AppArmor, by an annotation',
      { podAnnotations: { 'container.apparmor.security.beta.kubernetes.io/agent': 'unconfined' } },
      'spec.podAnnotations[container.apparmor.security.beta.kubernetes.io/agent]',
      'unconfined',
    ],
    [
      'privileges by a patch',
      command({ securityContext: { privileged: true } }),
      'spec.podPatch.containers[1].securityContext.privileged',
      true,
    ],
    [
      'a capability by a patch',
      command({ securityContext: { capabilities: { add: ['NET_RAW'] } } }),
      'spec.podPatch.containers[1].securityContext.capabilities',
      'NET_RAW',
    ],
    [
      'no seccomp for the pod by a patch',
      patch({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
      'spec.podPatch.securityContext.seccompProfile',
      'Unconfined',
    ],
    ...['hostNetwork', 'hostPID', 'hostIPC', 'hostUsers'].map((part): [string, Partial<BuildJobSpec>, string, unknown] => [
      `${part} by a patch`,
      patch({ [part]: true }),
      `spec.podPatch.${part}`,
      true,
    ]),
    ['a folder of the node', patch(nodeVolume('/etc')), 'spec.podPatch.volumes[1].hostPath', '/etc'],
    ['a folder beside an allowed one', patch(nodeVolume('/mnt/ci-cache-2')), 'spec.podPatch.volumes[1].hostPath', '/mnt/ci-cache-2'],
    ['a folder of the node for git mirrors', mirrors({ name: 'm', hostPath: { path: '/srv' } }), 'spec.checkout.gitMirrors.volume', '/srv'],
    [
      "the environment's folder of the node for git mirrors",
      { environment: 'dind', ...mirrors({ name: 'node', hostPath: { path: '/var/lib/docker' } }) },
      'spec.checkout.gitMirrors.volume',
      '/var/lib/docker',
    ],
    ['a token of the service account for git mirrors', mirrors({ ...token }), 'spec.checkout.gitMirrors.volume', 'sa'],
    ['a token of the service account', patch({ volumes: [token] }), 'spec.podPatch.volumes[0]', 'sa'],
    [
      "the environment's folder of the node in another container",
      { environment: 'dind', ...sidecar({ volumeMounts: [{ name: 'node', mountPath: '/n', readOnly: true }] }) },
      `${at}.volumeMounts[0]`,
      '/var/lib/docker',
    ],
    [
      "the environment's folder of the node, to write to",
      { environment: 'dind', ...command({ volumeMounts: [{ name: 'node', mountPath: '/rw' }] }) },
      'spec.podPatch.containers[1].volumeMounts[0]',
      '/var/lib/docker',
    ],
    ['a service account', { serviceAccountName: 'admin' }, 'spec.serviceAccountName', 'admin'],
    ['a service account by a patch', patch({ serviceAccountName: 'default' }), 'spec.podPatch.serviceAccountName', 'default'],
    ['a service account by its old name', patch({ serviceAccount: 'admin' }), 'spec.podPatch.serviceAccount', 'admin'],
    [
      'the token of the default one',
      patch({ automountServiceAccountToken: true }),
      'spec.podPatch.automountServiceAccountToken',
      undefined,
    ],
    ['a priority class', { priorityClassName: 'system-node-critical' }, 'spec.priorityClassName', 'system-node-critical'],
    ['a priority class by a patch', patch({ priorityClassName: 'high' }), 'spec.podPatch.priorityClassName', 'high'],
    ['a runtime class', { environment: 'dind', runtimeClassName: 'runc' }, 'spec.runtimeClassName', 'runc'],
    ['an environment of other pipelines', { ...pipeline('web'), environment: 'gpu-large' }, 'spec.environment', 'gpu-large'],
    ['an environment of pipelines, without one', { environment: 'gpu-small' }, 'spec.environment', 'gpu-small'],
    [
      'an environment of pipelines for a further command',
      { commandContainers: [{ name: 'a', environment: 'gpu-small' }] },
      'spec.commandContainers[0].environment',
      'gpu-small',
    ],
    [
      'privileges for a further command',
      { commandContainers: [{ name: 'a', securityContext: { privileged: true } }] },
      'spec.commandContainers[0].securityContext.privileged',
      true,
    ],
    ['an environment of other namespaces', { initContainers: [{ environment: 'vault' }] }, 'spec.initContainers[0].environment', 'vault'],
    [
      'another program in a sidecar with privileges',
      { extraContainers: [{ environment: 'dind', command: ['sh'] }] },
      'spec.extraContainers[0].command',
      undefined,
    ],
    [
      'another image in it by a patch',
      { extraContainers: [{ environment: 'dind' }], podPatch: { initContainers: [{ name: 'dind', image: 'evil' }] } },
      'spec.podPatch.initContainers[0].image',
      undefined,
    ],
  ])('%s', (_what, spec, field, value) => {
    const found = problems(spec);
    expect(found.map(({ code, field, value }) => ({ code, field, value }))).toStrictEqual([{ code: 'PolicyForbids', field, value }]);
    expect(problems(spec, open)).toStrictEqual([]);
  });

  it('a folder that leads out of an allowed one, whatever the policy', () => {
    for (const policy of [strict, open])
      expect(problems(patch(nodeVolume('/mnt/ci-cache/../x')), policy)).toMatchObject([
        { field: 'spec.podPatch.volumes[1].hostPath', value: '/mnt/ci-cache/../x' },
      ]);
  });

  it('a patch at all, where the policy lets nobody have one', () => {
    expect(problems(patch({ dnsPolicy: 'Default' }), { ...strict, podPatch: false })).toMatchObject([{ field: 'spec.podPatch' }]);
  });
});

describe('what a job may ask for', () => {
  it.each<[string, Partial<BuildJobSpec>]>([
    ['nothing', {}],
    ['an environment with privileges', { environment: 'dind', command: 'make', image: 'mine', env: [{ name: 'A', value: '1' }] }],
    ['a sidecar with privileges', { extraContainers: [{ environment: 'dind', name: 'docker', essential: true }] }],
    [
      'a further command in an environment with privileges',
      { commandContainers: [{ name: 'a', environment: 'dind', command: 'make', env: [{ name: 'A', value: '1' }] }] },
    ],
    ['fewer privileges', context({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, procMount: 'Default' })],
    ['capabilities that are no list, which the API server refuses', context({ capabilities: { add: 'SYS_ADMIN' } })],
    ['a port of its own', sidecar({ ports: [{ containerPort: 80 }] })],
    ['an allowed folder of the node', patch(nodeVolume('/mnt/ci-cache/web'))],
    ['an allowed service account with its token', { serviceAccountName: 'ci-deploy' }],
    [
      "the environment's names",
      { environment: 'dind', serviceAccountName: 'platform', priorityClassName: 'platform-high', runtimeClassName: 'kata' },
    ],
    ['an allowed priority class', { priorityClassName: 'ci-high' }],
    ['an environment of its pipeline', { ...pipeline('ml-train'), environment: 'gpu-large' }],
    ['an environment that a second rule gives it', { ...pipeline('web'), environment: 'gpu-small' }],
    ['other settings by a patch', patch({ dnsPolicy: 'Default', containers: [{ name: 'agent', resources: { limits: { cpu: 1 } } }] })],
  ])('%s', (_what, spec) => {
    expect(problems(spec)).toStrictEqual([]);
  });

  it('whatever its environments bring, as long as it only names them', () => {
    const nothing: Policy = { ...strict, hostPaths: [], serviceAccounts: [], priorityClasses: [], runtimeClasses: [], environments: [] };
    fc.assert(
      fc.property(renderCases, ({ job, environments: made, defaults }) => {
        const { buildkite, cancelled, environment, initContainers = [], extraContainers = [] } = job.spec;
        const named = (list: typeof initContainers) =>
          list.flatMap(({ name, environment: from }) => (from === undefined || name === undefined ? [] : [{ name, environment: from }]));
        const spec = { buildkite, cancelled, initContainers: named(initContainers), extraContainers: named(extraContainers) };
        const asked = { ...job, spec: { ...spec, ...(environment !== undefined && { environment }) } };
        expect(policyProblems(asked, byName(made), defaults, nothing)).toStrictEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
