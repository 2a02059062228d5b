import { describe, expect, it } from 'vitest';
import { mapped, refusals } from '../testing/sample-job.ts';
import { pluginKeyFates } from './key-table.ts';
import { kubernetesKeys, pluginObjectKeys } from './plugin-schema.ts';

const mount = { name: 'cache', mountPath: '/cache' };
const secret = { secretRef: { name: 'git' } };
const command = (parts: object) => ({ podPatch: { containers: [{ name: 'container-0', ...parts }] } });
const checkout = (parts: object) => ({ podPatch: { containers: [{ name: 'checkout', ...parts }] } });
const side = { name: 'side', image: 'redis' };

/** What each key becomes: a block with it, and a part of the spec. */
const good: Readonly<Record<string, readonly [block: object, spec: object]>> = {
  podSpec: [{ podSpec: { hostname: 'h' } }, { podPatch: { hostname: 'h' } }],
  podTemplate: [{ podTemplate: 'big' }, { image: 'from-template', podPatch: { hostname: 't' } }],
  podSpecPatch: [{ podSpecPatch: { hostname: 'p' } }, { podPatch: { hostname: 'p' } }],
  sidecars: [{ sidecars: [{ image: 'redis' }] }, { extraContainers: [{ name: 'sidecar-0', image: 'redis' }] }],
  metadata: [{ metadata: {} }, { command: 'make' }],
  'metadata.labels': [{ metadata: { labels: { team: 'web' } } }, { podLabels: { team: 'web' } }],
  'metadata.annotations': [{ metadata: { annotations: { 'a.b/c': 'd' } } }, { podAnnotations: { 'a.b/c': 'd' } }],
  extraVolumeMounts: [
    { extraVolumeMounts: [mount], sidecars: [side] },
    {
      podPatch: {
        containers: [
          { name: 'checkout', volumeMounts: [mount] },
          { name: 'container-0', volumeMounts: [mount] },
        ],
      },
      extraContainers: [{ ...side, volumeMounts: [mount] }],
    },
  ],
  gitEnvFrom: [
    { gitEnvFrom: [secret], sidecars: [side] },
    {
      podPatch: {
        containers: [
          { name: 'checkout', envFrom: [secret] },
          { name: 'container-0', envFrom: [secret] },
        ],
      },
      extraContainers: [{ ...side, envFrom: [secret] }],
    },
  ],
  checkout: [{ checkout: {} }, { command: 'make' }],
  'checkout.skip': [{ checkout: { skip: true } }, { checkout: { skip: true } }],
  'checkout.cloneFlags': [{ checkout: { cloneFlags: '-v --depth 1' } }, { checkout: { cloneFlags: '-v --depth 1' } }],
  'checkout.fetchFlags': [{ checkout: { fetchFlags: '-v' } }, { checkout: { fetchFlags: '-v' } }],
  'checkout.cleanFlags': [{ checkout: { cleanFlags: '-v' } }, { checkout: { cleanFlags: '-v' } }],
  'checkout.checkoutFlags': [{ checkout: { checkoutFlags: '-f' } }, { checkout: { checkoutFlags: '-f' } }],
  'checkout.noSubmodules': [{ checkout: { noSubmodules: true } }, { checkout: { submodules: false } }],
  'checkout.submoduleCloneConfig': [{ checkout: { submoduleCloneConfig: ['a=b'] } }, { checkout: { submoduleCloneConfig: ['a=b'] } }],
  'checkout.gitMirrors': [{ checkout: { gitMirrors: {} } }, { checkout: { gitMirrors: {} } }],
  ...Object.fromEntries(
    Object.entries({
      path: '/m',
      volume: { name: 'm', persistentVolumeClaim: { claimName: 'mirrors' } },
      cloneFlags: '-v',
      lockTimeout: 5,
      skipUpdate: true,
    }).map(([key, value]): [string, [object, object]] => {
      const checkoutWithMirrors = { checkout: { gitMirrors: { [key]: value } } };
      return [`checkout.gitMirrors.${key}`, [checkoutWithMirrors, checkoutWithMirrors]];
    }),
  ),
  'checkout.gitCredentialsSecret': [
    { checkout: { gitCredentialsSecret: { secretName: 'creds' } } },
    { checkout: { credentialsSecret: 'creds' } },
  ],
  'checkout.envFrom': [{ checkout: { envFrom: [secret] } }, checkout({ envFrom: [secret] })],
  'checkout.extraVolumeMounts': [{ checkout: { extraVolumeMounts: [mount] } }, checkout({ volumeMounts: [mount] })],
  commandParams: [{ commandParams: {} }, { command: 'make' }],
  'commandParams.interposer': [
    { commandParams: { interposer: 'vector' }, podSpec: { containers: [{ command: ['echo', 'a b'] }] } },
    { command: "echo 'a b'" },
  ],
  'commandParams.envFrom': [{ commandParams: { envFrom: [secret] } }, command({ envFrom: [secret] })],
  'commandParams.extraVolumeMounts': [{ commandParams: { extraVolumeMounts: [mount] } }, command({ volumeMounts: [mount] })],
  sidecarParams: [{ sidecarParams: {} }, { command: 'make' }],
  'sidecarParams.envFrom': [
    { sidecarParams: { envFrom: [secret] }, sidecars: [side] },
    { extraContainers: [{ ...side, envFrom: [secret] }] },
  ],
  'sidecarParams.extraVolumeMounts': [
    { sidecarParams: { extraVolumeMounts: [mount] }, sidecars: [side] },
    { extraContainers: [{ ...side, volumeMounts: [mount] }] },
  ],
  jobActiveDeadlineSeconds: [{ jobActiveDeadlineSeconds: 900 }, { timeoutSeconds: 900 }],
};

/** A value that each key does not take, and the beginning of what is said about it. */
const bad: Readonly<Record<string, readonly [block: object, line: string]>> = {
  podSpec: [{ podSpec: 5 }, 'podSpec: must be'],
  podTemplate: [{ podTemplate: 'bigg' }, 'podTemplate: is no PodTemplate of the namespace (it has big)'],
  podSpecPatch: [{ podSpecPatch: { hostnam: 'x' } }, 'podSpecPatch.hostnam: is no known key: did you mean hostname?'],
  sidecars: [{ sidecars: [{}] }, 'sidecars[0].image: is required'],
  metadata: [{ metadata: { label: {} } }, 'metadata.label: is no known key: did you mean labels?'],
  'metadata.labels': [{ metadata: { labels: { team: 'not good' } } }, 'metadata.labels.team: must be empty, or letters'],
  'metadata.annotations': [{ metadata: { annotations: { a: 1 } } }, 'metadata.annotations.a: must be a text (found 1)'],
  extraVolumeMounts: [
    { extraVolumeMounts: [{ name: 'x', mountPath: '/workspace/' }] },
    'extraVolumeMounts[0].mountPath: is the workspace that all containers of the job share',
  ],
  gitEnvFrom: [{ gitEnvFrom: [{ secretref: {} }] }, 'gitEnvFrom[0].secretref: is no known key: did you mean secretRef?'],
  checkout: [{ checkout: { skipp: true } }, 'checkout.skipp: is no known key: did you mean skip?'],
  'checkout.skip': [{ checkout: { skip: 'yes' } }, 'checkout.skip: must be true or false (found "yes")'],
  'checkout.cloneFlags': [{ checkout: { cloneFlags: 'x'.repeat(1025) } }, 'checkout.cloneFlags: must have at most 1024 characters'],
  'checkout.fetchFlags': [{ checkout: { fetchFlags: [] } }, 'checkout.fetchFlags: must be a text'],
  'checkout.cleanFlags': [{ checkout: { cleanFlags: 1 } }, 'checkout.cleanFlags: must be a text'],
  'checkout.checkoutFlags': [{ checkout: { checkoutFlags: true } }, 'checkout.checkoutFlags: must be a text'],
  'checkout.noSubmodules': [{ checkout: { noSubmodules: 'true' } }, 'checkout.noSubmodules: must be true or false'],
  'checkout.submoduleCloneConfig': [
    { checkout: { submoduleCloneConfig: ['a=b,c=d'] } },
    'checkout.submoduleCloneConfig[0]: must be key=value, without a comma',
  ],
  'checkout.gitMirrors': [{ checkout: { gitMirrors: '/m' } }, 'checkout.gitMirrors: must be an object'],
  'checkout.gitMirrors.path': [{ checkout: { gitMirrors: { path: 'm' } } }, 'checkout.gitMirrors.path: must be an absolute path'],
  'checkout.gitMirrors.volume': [{ checkout: { gitMirrors: { volume: { nam: 1 } } } }, 'checkout.gitMirrors.volume.nam: is no known key'],
  'checkout.gitMirrors.cloneFlags': [{ checkout: { gitMirrors: { cloneFlags: [] } } }, 'checkout.gitMirrors.cloneFlags: must be a text'],
  'checkout.gitMirrors.lockTimeout': [
    { checkout: { gitMirrors: { lockTimeout: 0 } } },
    'checkout.gitMirrors.lockTimeout: must be at least 1',
  ],
  'checkout.gitMirrors.skipUpdate': [
    { checkout: { gitMirrors: { skipUpdate: 'no' } } },
    'checkout.gitMirrors.skipUpdate: must be true or false',
  ],
  'checkout.gitCredentialsSecret': [
    { checkout: { gitCredentialsSecret: { secretName: 'Not A Name' } } },
    'checkout.gitCredentialsSecret.secretName: must be a Kubernetes object name',
  ],
  'checkout.envFrom': [{ checkout: { envFrom: {} } }, 'checkout.envFrom: must be a list'],
  'checkout.extraVolumeMounts': [{ checkout: { extraVolumeMounts: ['x'] } }, 'checkout.extraVolumeMounts[0]: must be an object'],
  commandParams: [{ commandParams: [] }, 'commandParams: must be an object'],
  'commandParams.interposer': [{ commandParams: { interposer: 'bash' } }, 'commandParams.interposer: must be one of'],
  'commandParams.envFrom': [{ commandParams: { envFrom: [{ secret: 'x' }] } }, 'commandParams.envFrom[0].secret: is no known key'],
  'commandParams.extraVolumeMounts': [
    { commandParams: { extraVolumeMounts: [{ mountpath: '/x' }] } },
    'commandParams.extraVolumeMounts[0].mountpath: is no known key: did you mean mountPath?',
  ],
  sidecarParams: [{ sidecarParams: { interposer: 'vector' } }, 'sidecarParams.interposer: is no known key'],
  'sidecarParams.envFrom': [{ sidecarParams: { envFrom: 'x' } }, 'sidecarParams.envFrom: must be a list'],
  'sidecarParams.extraVolumeMounts': [
    { sidecars: [side], sidecarParams: { extraVolumeMounts: [{ name: 'Not Good', mountPath: '/x' }] } },
    'sidecarParams.extraVolumeMounts[0].name: must be lower-case letters',
  ],
  jobActiveDeadlineSeconds: [{ jobActiveDeadlineSeconds: 0 }, 'jobActiveDeadlineSeconds: must be at least 1 (found 0)'],
};

const context = { podTemplates: new Map([['big', { hostname: 't', containers: [{ name: 'main', image: 'from-template' }] }]]) };
const keys = Object.entries(pluginKeyFates);

describe('the table of keys', () => {
  it('has every key of the block and of the objects in it, and no other', () => {
    const all = [...pluginObjectKeys].flatMap(([owner, names]) => names.map(name => (owner === '' ? name : `${owner}.${name}`)));
    expect(Object.keys(pluginKeyFates).toSorted()).toEqual(all.toSorted());
  });
});

describe('each key of the kubernetes block', () => {
  it.each(keys.filter(([, { fate }]) => fate !== 'refused'))('%s becomes what the table says', key => {
    const [block, spec] = good[key] ?? [{}, { sample: 'is missing' }];
    expect(mapped(block, context).spec).toMatchObject(spec);
  });

  it.each(keys)('%s is refused where it is wrong', key => {
    const [block, line] = bad[key] ?? [{}, 'sample is missing'];
    const lines = refusals(block, context);
    expect(lines.filter(text => text.startsWith(`kubernetes.${line}`))).toHaveLength(1);
  });

  it.each(kubernetesKeys)('%s is refused where the platform does not allow it', key => {
    const allowedKeys = { kubernetes: kubernetesKeys.filter(other => other !== key) };
    expect(refusals(good[key]?.[0], { ...context, allowedKeys })).toEqual([
      expect.stringContaining(`kubernetes.${key}: is not allowed here: remove it, or ask the platform for it`),
    ]);
  });

  it('none is taken where the plugin is forbidden', () => {
    expect(refusals({}, { allowedKeys: { kubernetes: [] } })).toEqual([
      'kubernetes: is not allowed here: remove the plugin, or ask the platform for it',
    ]);
  });
});
