import { describe, expect, it } from 'vitest';
import type { Container, PodSpec, Volume } from './kubernetes-pod.ts';
import { checkContainerNames, checkCredentialsConfined, checkMountPaths, checkTokenConfined } from './protection.ts';
import { renderRefusal } from './testing/index.ts';

describe('the names of additional containers', () => {
  it('are free but for those of the pod', () => {
    expect(
      renderRefusal(() =>
        checkContainerNames([
          { name: 'a', field: 'spec.initContainers[0]' },
          { name: 'b', field: 'spec.extraContainers[0]' },
        ]),
      ),
    ).toBeUndefined();
  });

  it.each(['copy-agent', 'agent', 'checkout', 'container-0'])("cannot be the operator's own %s", name => {
    const refusal = renderRefusal(() => checkContainerNames([{ name, field: 'spec.extraContainers[2]' }]));
    expect(refusal).toMatchObject({ code: 'NameTaken', field: 'spec.extraContainers[2].name' });
    expect(refusal?.message).toContain("is a container of the operator's own; choose another name");
  });

  it('cannot be given twice, in whichever lists', () => {
    const refusal = renderRefusal(() =>
      checkContainerNames([
        { name: 'db', field: 'environment node: spec.initContainers[0]' },
        { name: 'db', field: 'spec.extraContainers[0]' },
      ]),
    );
    expect(refusal).toMatchObject({ code: 'NameTaken', field: 'spec.extraContainers[0].name' });
    expect(refusal?.message).toContain('"db" is taken by environment node: spec.initContainers[0]');
  });
});

describe('the mount paths of a container', () => {
  const mounting = (...mountPaths: string[]): Container => ({
    name: 'c',
    volumeMounts: mountPaths.map(mountPath => ({ name: 'v', mountPath })),
  });

  it.each([[[]], [['/a', '/a/b', '/ab']], [['/', '/a']]])('may be %j', mountPaths => {
    expect(renderRefusal(() => checkMountPaths(mounting(...mountPaths), 'container c'))).toBeUndefined();
  });

  it.each([
    [['/a', '/b', '/a'], 2],
    [['/workspace', '/workspace/'], 1],
    [['/a//', '/a'], 1],
    [['/', '/'], 1],
  ])('may not be %j', (mountPaths, index) => {
    expect(renderRefusal(() => checkMountPaths(mounting(...mountPaths), 'container c'))).toMatchObject({
      code: 'VolumeConflict',
      field: `container c.volumeMounts[${index}].mountPath`,
    });
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
  const check = (more: Partial<PodSpec>) => renderRefusal(() => checkTokenConfined(pod(more), 'token'));

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
      field: expect.stringMatching(/^container (container-0|i|agent): volumeMounts$/),
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
    expect(check(more)).toMatchObject({ code: 'TokenExposed', field: expect.stringMatching(/^container (container-0|agent): env$/) });
  });

  it.each(['shareProcessNamespace', 'hostPID'])("is not reached through the agent's process: %s", part => {
    expect(check({ [part]: true })).toMatchObject({ code: 'TokenExposed', field: `spec.podPatch.${part}` });
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
  const mounting = (name: string): PodSpec => ({ containers: [{ name, volumeMounts: [{ name: 'git-credentials', mountPath: '/c' }] }] });

  it('are mounted in the checkout', () => {
    expect(renderRefusal(() => checkCredentialsConfined(mounting('checkout')))).toBeUndefined();
  });

  it.each(['agent', 'container-0', 'mine'])('are not mounted in %s', name => {
    expect(renderRefusal(() => checkCredentialsConfined(mounting(name)))).toMatchObject({
      code: 'VolumeConflict',
      field: `container ${name}: volumeMounts`,
    });
  });
});
