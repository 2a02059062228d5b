import type { BuildJobSpec } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { renderPod } from './render-pod.ts';
import { podDefaults, sampleJob } from './testing/index.ts';
import { containerOf, variablesOf } from './testing/pod-containers.ts';

type Checkout = NonNullable<BuildJobSpec['checkout']>;

function pod(checkout: Checkout) {
  return renderPod(sampleJob({ checkout }), new Map(), podDefaults).spec;
}

describe("the agent's variable", () => {
  it.each<[string, string | undefined, Checkout]>([
    ['BUILDKITE_GIT_SUBMODULE_CLONE_CONFIG', undefined, {}],
    ['BUILDKITE_GIT_SUBMODULE_CLONE_CONFIG', undefined, { submoduleCloneConfig: [] }],
    ['BUILDKITE_GIT_SUBMODULE_CLONE_CONFIG', 'a.b=c d,e=', { submoduleCloneConfig: ['a.b=c d', 'e='] }],
    ['BUILDKITE_GIT_SUBMODULE_CLONE_CONFIG', 'a=$(b)', { submoduleCloneConfig: ['a=$(b)'] }],
    ['BUILDKITE_GIT_MIRRORS_PATH', undefined, {}],
    ['BUILDKITE_GIT_MIRRORS_PATH', '/buildkite/git-mirrors', { gitMirrors: {} }],
    ['BUILDKITE_GIT_MIRRORS_PATH', '/m', { gitMirrors: { path: '/m' } }],
    ['BUILDKITE_GIT_MIRROR_CHECKOUT_MODE', undefined, {}],
    ['BUILDKITE_GIT_MIRROR_CHECKOUT_MODE', 'dissociate', { gitMirrors: {} }],
    ['BUILDKITE_GIT_CLONE_MIRROR_FLAGS', undefined, { gitMirrors: {} }],
    ['BUILDKITE_GIT_CLONE_MIRROR_FLAGS', '-q', { gitMirrors: { cloneFlags: '-q' } }],
    ['BUILDKITE_GIT_MIRRORS_LOCK_TIMEOUT', undefined, { gitMirrors: {} }],
    ['BUILDKITE_GIT_MIRRORS_LOCK_TIMEOUT', '60', { gitMirrors: { lockTimeout: 60 } }],
    ['BUILDKITE_GIT_MIRRORS_SKIP_UPDATE', undefined, { gitMirrors: { skipUpdate: false } }],
    ['BUILDKITE_GIT_MIRRORS_SKIP_UPDATE', 'true', { gitMirrors: { skipUpdate: true } }],
  ])('%s is %s', (name, value, checkout) => {
    expect(variablesOf(containerOf(pod(checkout), 'agent'))[name]).toBe(value);
  });
});

describe("the job's volume with git mirrors", () => {
  const volume = { name: 'mirrors', persistentVolumeClaim: { claimName: 'git-mirrors' } };

  it.each<[string, Checkout['gitMirrors'], object]>([
    ['at the usual path', { volume }, { mountPath: '/buildkite/git-mirrors' }],
    ['at the path of the job', { volume, path: '/mirrors' }, { mountPath: '/mirrors' }],
    ['read-only where it is not updated', { volume, skipUpdate: true }, { mountPath: '/buildkite/git-mirrors', readOnly: true }],
  ])('is mounted %s, and only in the checkout', (_title, gitMirrors, mount) => {
    const { containers = [], initContainers = [], volumes } = pod({ gitMirrors }) ?? {};
    const mounts = [...initContainers, ...containers].flatMap(({ name: container, volumeMounts = [] }) =>
      volumeMounts.filter(({ name }) => name === volume.name).map(found => ({ container, ...found })),
    );
    expect(mounts).toStrictEqual([{ container: 'checkout', name: 'mirrors', ...mount }]);
    expect(volumes).toContainEqual(volume);
  });

  it('is none where the job only says where mirrors are', () => {
    const spec = pod({ gitMirrors: { path: '/mirrors' } });
    expect(containerOf(spec, 'checkout').volumeMounts?.map(({ name }) => name)).toStrictEqual(['workspace']);
  });
});
