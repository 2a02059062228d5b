import { describe, expect, it } from 'vitest';
import type { Container, PodSpec, Volume } from './kubernetes-pod.ts';
import { checkContainerNames, newFindings, podFindings } from './protection.ts';
import { reported } from './testing/index.ts';
import { exposures } from './token-exposure.ts';

describe('the names of additional containers', () => {
  it('are free but for those of the pod', () => {
    const names = [
      { name: 'a', field: 'spec.initContainers[0]' },
      { name: 'b', field: 'spec.extraContainers[0]' },
    ];
    expect(reported(report => expect(checkContainerNames(names, report)).toBe(true))).toStrictEqual([]);
  });

  it.each(['copy-agent', 'agent', 'checkout', 'container-0'])("cannot be the operator's own %s", name => {
    const problems = reported(report => expect(checkContainerNames([{ name, field: 'spec.extraContainers[2]' }], report)).toBe(false));
    expect(problems).toStrictEqual([
      {
        code: 'NameTaken',
        field: 'spec.extraContainers[2].name',
        value: name,
        problem: "is a container of the operator's own; choose another name",
      },
    ]);
  });

  it('cannot be given twice, in whichever lists', () => {
    const fields = ['environment node: spec.initContainers[0]', 'spec.extraContainers[0]', 'spec.extraContainers[4]'];
    const names = fields.map(field => ({ name: 'db', field }));
    expect(reported(report => checkContainerNames(names, report))).toMatchObject(
      fields.slice(1).map(field => ({
        code: 'NameTaken',
        field: `${field}.name`,
        value: 'db',
        problem: 'is taken by environment node: spec.initContainers[0]; give one of them another name',
      })),
    );
  });
});

describe('the mounts of a container', () => {
  const mounting = (name: string, ...mountPaths: string[]): PodSpec => ({
    volumes: [{ name: 'v' }],
    containers: [{ name, volumeMounts: mountPaths.map(mountPath => ({ name: 'v', mountPath })) }],
  });

  it.each([[[]], [['/a', '/a/b', '/ab']], [['/', '/a']], [['/workspace/build', '/workspace/started/x']]])('may be at %j', mountPaths => {
    expect(podFindings(mounting('c', ...mountPaths), 'token')).toStrictEqual([]);
  });

  it.each([
    [['/a', '/b', '/a'], '/a'],
    [['/workspace', '/workspace/'], '/workspace/'],
    [['/a//', '/a'], '/a'],
    [['/', '/'], '/'],
  ])('may not be at %j', (mountPaths, value) => {
    expect(podFindings(mounting('c', ...mountPaths), 'token')).toMatchObject([{ code: 'VolumeConflict', container: 'c', value }]);
  });

  it.each(['/workspace/started', '/workspace/sockets/', '/workspace/tini-static', '/workspace/buildkite-agent'])(
    "may not be at %s in a container of the operator's, which must all see the same there",
    path => {
      expect(podFindings(mounting('container-0', path), 'token')).toMatchObject([{ code: 'VolumeConflict', value: path }]);
      expect(podFindings(mounting('mine', path), 'token')).toStrictEqual([]);
    },
  );

  it('lead to volumes of the pod', () => {
    const spec: PodSpec = { containers: [{ name: 'c', volumeMounts: [{ name: 'cache', mountPath: '/a' }] }] };
    const [finding] = podFindings(spec, 'token');
    expect(finding).toMatchObject({ code: 'VolumeMissing', container: 'c', list: 'volumeMounts', value: 'cache' });
    expect(finding?.problem).toContain('is mounted at /a, but no environment of the job brings a volume of that name');
  });
});

describe('the agent token', () => {
  const tokenVolume: Volume = { name: 'agent-token', secret: { secretName: 'token' } };
  const agent: Container = { name: 'agent', volumeMounts: [{ name: 'agent-token', mountPath: '/t' }] };
  const command: Container = { name: 'container-0' };
  const pod = (more: Partial<PodSpec>): PodSpec => ({ volumes: [tokenVolume], containers: [agent, command], ...more });
  const mount = (name: string): Container => ({ ...command, volumeMounts: [{ name, mountPath: '/stolen' }] });
  const withVolume = (source: Omit<Volume, 'name'>): Partial<PodSpec> => ({
    volumes: [tokenVolume, { name: 'v', ...source }],
    containers: [agent, mount('v')],
  });
  const withVariable = (container: Omit<Container, 'name'>): Partial<PodSpec> => ({ containers: [agent, { ...command, ...container }] });
  const check = (more: Partial<PodSpec>) => exposures(pod(more), 'token')[0];

  it.each<[string, Partial<PodSpec>]>([
    ['its own volume in the command', { containers: [agent, mount('agent-token')] }],
    ['its own volume in an init container', { initContainers: [{ ...mount('agent-token'), name: 'i' }] }],
    ['its own volume in an init container that calls itself agent', { initContainers: [{ ...mount('agent-token'), name: 'agent' }] }],
    ['the hooks of the agent in the command', { containers: [agent, mount('agent-hooks')] }],
    ['its own volume as a device', { containers: [agent, { ...command, volumeDevices: [{ name: 'agent-token', devicePath: '/d' }] }] }],
    ['another volume of the Secret', withVolume({ secret: { secretName: 'token' } })],
    [
      'a projected volume with the Secret',
      withVolume({ projected: { sources: [{ configMap: { name: 'x' } }, { secret: { name: 'token' } }] } }),
    ],
    ['a CSI volume with the Secret', withVolume({ csi: { driver: 'd', nodePublishSecretRef: { name: 'token' } } })],
    ['a flex volume with the Secret', withVolume({ flexVolume: { driver: 'd', secretRef: { name: 'token' } } })],
  ])('is not mounted outside the agent: %s', (_title, more) => {
    expect(check(more)).toMatchObject({
      code: 'TokenExposed',
      container: expect.stringMatching(/^(container-0|i|agent)$/),
      list: expect.stringMatching(/^volume(Mounts|Devices)$/),
    });
  });

  it.each<[string, Partial<PodSpec>]>([
    ['by key', withVariable({ env: [{ name: 'T', valueFrom: { secretKeyRef: { name: 'token', key: 'k' } } }] })],
    ['with the whole Secret', withVariable({ envFrom: [{ secretRef: { name: 'token' } }] })],
    [
      'from a file of the volume',
      withVariable({ env: [{ name: 'T', valueFrom: { fileKeyRef: { volumeName: 'agent-token', path: 'k', key: 'k' } } }] }),
    ],
    [
      'in the agent itself, whose variables reach every container',
      { containers: [{ ...agent, envFrom: [{ secretRef: { name: 'token' } }] }, command] },
    ],
  ])('is in no variable: %s', (_title, more) => {
    expect(check(more)).toMatchObject({
      code: 'TokenExposed',
      container: expect.stringMatching(/^(container-0|agent)$/),
      list: expect.stringMatching(/^env(From)?$/),
    });
  });

  it.each(['shareProcessNamespace', 'hostPID'])("is not reached through the agent's process: %s", part => {
    expect(check({ [part]: true })).toMatchObject({ code: 'TokenExposed', list: part });
  });

  it.each<[string, Partial<PodSpec>]>([
    ['the agent has it', {}],
    ['processes are not shared', { shareProcessNamespace: false, hostPID: false }],
    ['another Secret is mounted', withVolume({ secret: { secretName: 'other' } })],
    [
      'a volume has the name of the Secret',
      { volumes: [tokenVolume, { name: 'token', emptyDir: {} }], containers: [agent, mount('token')] },
    ],
    ['a ConfigMap has the name of the Secret', withVolume({ configMap: { name: 'token' } })],
    ['a ConfigMap of that name is projected', withVolume({ projected: { sources: [{ configMap: { name: 'token' } }] } })],
    ['a claim has the name of the Secret', withVolume({ persistentVolumeClaim: { claimName: 'token' } })],
    ['a variable has the name as its value', withVariable({ env: [{ name: 'T', value: 'token' }] })],
    [
      'a variable is of a ConfigMap of that name',
      withVariable({ env: [{ name: 'T', valueFrom: { configMapKeyRef: { name: 'token', key: 'k' } } }] }),
    ],
    ['all of a ConfigMap of that name', withVariable({ envFrom: [{ prefix: 'token', configMapRef: { name: 'token' } }] })],
    ['the Secret is there, but not mounted', { volumes: [tokenVolume, { name: 'v', secret: { secretName: 'token' } }] }],
  ])('is confined where %s', (_title, more) => {
    expect(check(more)).toBeUndefined();
  });

  it('counts as mounted from a source too deep to look through', () => {
    const deep = Array.from({ length: 5000 }).reduce<object>(inner => ({ inner }), {});
    expect(check(withVolume(deep))).toMatchObject({ code: 'TokenExposed' });
  });
});

describe('the credentials of the checkout', () => {
  const mounting = (name: string): PodSpec => ({
    volumes: [{ name: 'git-credentials' }],
    containers: [{ name, volumeMounts: [{ name: 'git-credentials', mountPath: '/c' }] }],
  });

  it('are mounted in the checkout', () => {
    expect(podFindings(mounting('checkout'), 'token')).toStrictEqual([]);
  });

  it.each(['agent', 'container-0', 'mine'])('are not mounted in %s', name => {
    expect(podFindings(mounting(name), 'token')).toMatchObject([{ code: 'VolumeConflict', container: name, list: 'volumeMounts' }]);
  });
});

describe('what a patch brings', () => {
  it('is what was not there before it', () => {
    const twice: PodSpec = {
      volumes: [{ name: 'v' }],
      containers: [{ name: 'c', volumeMounts: ['/a', '/a'].map(mountPath => ({ name: 'v', mountPath })) }],
    };
    const before = podFindings(twice, 'token');
    const after = podFindings({ ...twice, hostPID: true }, 'token');
    expect(after).toHaveLength(2);
    expect(newFindings(after, before)).toMatchObject([{ list: 'hostPID' }]);
  });
});
