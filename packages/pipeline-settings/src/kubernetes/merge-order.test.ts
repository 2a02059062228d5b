import { describe, expect, it } from 'vitest';
import { mapped, refusals } from '../testing/sample-job.ts';

const classes = {
  resourceClasses: new Map([
    ['big', { resources: { limits: { cpu: '8' } }, nodeSelector: { size: 'big' }, podResources: { limits: { cpu: '9' } } }],
  ]),
};
const big = { agentQueryRules: ['resource_class=big'] };

describe('what wins over what in a kubernetes block', () => {
  it('the resource class over podSpec', () => {
    const podSpec = { nodeSelector: { size: 's', disk: 'd' }, containers: [{ resources: { limits: { cpu: '1', memory: '1Gi' } } }] };
    const { spec } = mapped({ podSpec }, classes, big);
    expect(spec.resources).toEqual({ limits: { cpu: '8', memory: '1Gi' } });
    expect(spec.nodeSelector).toEqual({ size: 'big', disk: 'd' });
  });

  it('podSpecPatch over the resource class', () => {
    const { spec } = mapped(
      { podSpec: { resources: { limits: { cpu: '1' } } }, podSpecPatch: { resources: { limits: { memory: '2Gi' } } } },
      classes,
      big,
    );
    expect(spec.podPatch).toEqual({ resources: { limits: { cpu: '9', memory: '2Gi' } } });
  });

  it("the step's image over podSpec", () => {
    const { spec } = mapped({ podSpec: { containers: [{ image: 'a' }] } }, {}, { env: { BUILDKITE_IMAGE: 'b' } });
    expect(spec.image).toBe('b');
  });

  it("podSpecPatch over the step's image, for podPatch comes last", () => {
    const { spec } = mapped({ podSpecPatch: { containers: [{ name: 'container-0', image: 'c' }] } }, {}, { env: { BUILDKITE_IMAGE: 'b' } });
    expect(spec).toMatchObject({ image: 'b', podPatch: { containers: [{ name: 'container-0', image: 'c' }] } });
  });

  it('podSpec over podTemplate, and the job hears of it', () => {
    const { spec, notices } = mapped({ podSpec: { hostname: 'spec' }, podTemplate: 'none-such' });
    expect(spec.podPatch).toEqual({ hostname: 'spec' });
    expect(notices).toEqual(['kubernetes.podTemplate has no effect beside podSpec']);
  });

  it('of two mounts at one path the first: podSpec, commandParams, extraVolumeMounts', () => {
    const at = (name: string, mountPath: string) => ({ name, mountPath });
    const { spec } = mapped({
      podSpec: { containers: [{ volumeMounts: [at('one', '/a'), at('workspace', '/workspace')] }] },
      commandParams: { extraVolumeMounts: [at('two', '/a/'), at('two', '/b')] },
      extraVolumeMounts: [at('three', '/b'), at('three', '/c')],
    });
    expect(spec.podPatch).toMatchObject({
      containers: [{ name: 'checkout' }, { name: 'container-0', volumeMounts: [at('one', '/a'), at('two', '/b'), at('three', '/c')] }],
    });
  });

  it('envFrom of the container, then of commandParams, then gitEnvFrom', () => {
    const from = (name: string) => ({ secretRef: { name } });
    const { spec } = mapped({
      podSpec: { containers: [{ envFrom: [from('a')] }] },
      commandParams: { envFrom: [from('b')] },
      gitEnvFrom: [from('c')],
      checkout: { skip: true },
    });
    expect(spec.podPatch).toEqual({ containers: [{ name: 'container-0', envFrom: [from('a'), from('b'), from('c')] }] });
  });

  it('the shorter of the two deadlines', () => {
    expect(mapped({ podSpec: { activeDeadlineSeconds: 50 }, jobActiveDeadlineSeconds: 60 }).spec.timeoutSeconds).toBe(50);
  });

  it('a sidecar among the init containers keeps its place in their order', () => {
    const one = (name: string, more = {}) => ({ name, image: 'x', ...more });
    const { spec } = mapped({ podSpec: { initContainers: [one('docker', { restartPolicy: 'Always' }), one('migrate')] } });
    expect(spec.initContainers).toEqual([one('migrate')]);
    expect(spec.extraContainers).toEqual([one('docker')]);
    expect(spec.podPatch).toEqual({ initContainers: [{ name: 'docker' }, { name: 'migrate' }] });
  });
});

describe('the command', () => {
  const run = (container: object, patch?: object) =>
    mapped({
      podSpec: { containers: [container] },
      ...(patch !== undefined && { podSpecPatch: { containers: [{ name: 'container-0', ...patch }] } }),
    });

  it.each([
    ["is the step's without one in the podSpec", {}, undefined, 'make'],
    ['is the podSpec’s where it has one', { command: ['a', 'b'], args: ['c d'] }, undefined, "a\nb 'c d'"],
    ['is the patch’s where it has one', { command: ['a'] }, { command: ['z'] }, 'z'],
    ['keeps its words where only args are patched', { command: ['a'], args: ['b'] }, { args: ['c'] }, 'a c'],
    ['keeps its args where only its words are patched', { command: ['a'], args: ['b'] }, { command: ['z'] }, 'z b'],
  ])('%s', (_, container, patch, expected) => {
    const { spec } = run(container, patch);
    expect(spec.command).toBe(expected);
    expect(JSON.stringify(spec.podPatch ?? {})).not.toMatch(/"(command|args)"/);
  });

  it("is the step's beside args alone, and the job hears of it", () => {
    const { spec, notices } = run({ args: ['x'] });
    expect(spec.command).toBe('make');
    expect(notices).toEqual([expect.stringContaining('kubernetes.podSpec.containers[0].args has no effect without a command')]);
  });

  it('cannot be args alone in a patch', () => {
    expect(refusals({ podSpecPatch: { containers: [{ name: 'container-0', args: ['x'] }] } })).toEqual([
      expect.stringContaining('kubernetes.podSpecPatch.containers[0].args: need a command'),
    ]);
  });

  it("is the platform's way of joining where the pipeline names none", () => {
    const block = { podSpec: { containers: [{ command: ['a', 'b c'] }] } };
    expect(mapped(block, { interposer: 'legacy' }).spec.command).toBe('a b c');
    expect(mapped({ ...block, commandParams: { interposer: '' } }, { interposer: 'vector' }).spec.command).toBe("a 'b c'");
  });

  it('runs in a container that podSpecPatch finds by its own name, also in references', () => {
    const limit = { resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } };
    const { spec } = mapped({
      podSpec: { containers: [{ name: 'main', env: [{ name: 'CPUS', valueFrom: limit }] }] },
      podSpecPatch: { containers: [{ name: 'main', tty: true }] },
    });
    expect(spec.env).toEqual([
      { name: 'CPUS', valueFrom: { resourceFieldRef: { ...limit.resourceFieldRef, containerName: 'container-0' } } },
    ]);
    expect(spec.podPatch).toEqual({ containers: [{ name: 'container-0', tty: true }] });
  });
});

describe('podSpecPatch', () => {
  const patched = (podSpecPatch: object, podSpec: object = {}) => mapped({ podSpec, podSpecPatch }).spec;

  it('adds to and changes what the podSpec brings', () => {
    const mount = { name: 'v', mountPath: '/v' };
    expect(
      patched(
        { containers: [{ name: 'container-0', volumeMounts: [{ ...mount, readOnly: true }] }], hostname: 'two' },
        { hostname: 'one', subdomain: 's', containers: [{ volumeMounts: [mount], tty: true }] },
      ).podPatch,
    ).toEqual({
      hostname: 'two',
      subdomain: 's',
      containers: [{ name: 'container-0', tty: true, volumeMounts: [{ ...mount, readOnly: true }] }],
    });
  });

  it('gives a variable another source, and a volume, too', () => {
    const secret = { secretKeyRef: { name: 's', key: 'k' } };
    const claim = { persistentVolumeClaim: { claimName: 'c' } };
    const { podPatch } = patched(
      { containers: [{ name: 'container-0', env: [{ name: 'A', valueFrom: secret }] }], volumes: [{ name: 'workspace', ...claim }] },
      { containers: [{ env: [{ name: 'A', value: '1' }] }] },
    );
    expect(podPatch).toEqual({
      containers: [{ name: 'container-0', env: [{ name: 'A', valueFrom: secret, value: null }] }],
      volumes: [{ name: 'workspace', ...claim, $retainKeys: ['name', 'persistentVolumeClaim'] }],
    });
  });

  it('deletes by null and by directive', () => {
    const podSpecPatch = {
      nodeSelector: { disk: null },
      affinity: null,
      containers: [{ name: 'container-0', env: [{ name: 'A', $patch: 'delete' }] }],
    };
    expect(patched(podSpecPatch).podPatch).toEqual(podSpecPatch);
  });

  it('may bring a container that runs beside the job', () => {
    const beside = { name: 'beside', image: 'x', command: ['sleep', '5'] };
    expect(patched({ containers: [beside] }).podPatch).toEqual({ containers: [beside] });
  });

  it('sets what the agent must know by the BuildJob', () => {
    const spec = patched({ terminationGracePeriodSeconds: 120, activeDeadlineSeconds: 300, serviceAccountName: 'ci' });
    expect(spec).toMatchObject({ terminationGracePeriodSeconds: 120, timeoutSeconds: 300, serviceAccountName: 'ci' });
    expect(spec.podPatch).toBeUndefined();
  });

  it('says nothing about a checkout that is skipped', () => {
    const { spec } = mapped({ checkout: { skip: true }, podSpecPatch: { containers: [{ name: 'checkout', resources: {} }] } });
    expect(spec).toMatchObject({ checkout: { skip: true } });
    expect(spec.podPatch).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['the command of the agent', { containers: [{ name: 'agent', command: ['sh'] }] }, 'containers[0].command: of container agent belongs'],
    ['the image of the checkout', { containers: [{ name: 'checkout', image: 'x' }] }, 'containers[0].image: of container checkout belongs'],
    ['variables of the agent', { containers: [{ name: 'agent', env: [] }] }, 'containers[0].env: of container agent belongs'],
    ['the set-up', { initContainers: [{ name: 'copy-agent', args: ['x'] }] }, 'initContainers[0].args: of container copy-agent belongs'],
    [
      'an image check',
      { initContainers: [{ name: 'imagecheck-0' }] },
      'initContainers[0].name: is there with the official controller only',
    ],
    ['a second command', { containers: [{ name: 'container-1', image: 'x' }] }, 'containers[0].name: is no container of the job'],
    ['a container without a name', { containers: [{ image: 'x' }] }, 'containers[0].name: is required'],
    ["the job's own container away", { containers: [{ name: 'container-0', $patch: 'delete' }] }, 'containers[0].$patch: would take'],
    ['another restart policy', { restartPolicy: 'Always' }, 'restartPolicy: would run the job again'],
    ['a restart rule', { containers: [{ name: 'container-0', restartPolicy: 'Always' }] }, 'containers[0].restartPolicy: cannot be had'],
    ['ephemeral containers', { ephemeralContainers: [] }, 'ephemeralContainers: cannot be in a pod'],
    ['all containers away', { containers: null }, "containers: would take away the operator's own containers"],
    ['the whole pod away', { $patch: 'replace' }, '$patch: would take away the whole pod'],
    ['the volume of the token', { volumes: [{ name: 'agent-token', emptyDir: {} }] }, "volumes[0].name: is a volume of the operator's own"],
    ['an unknown directive', { $setElementOrder: [] }, '$setElementOrder: is no known key'],
    ['a misspelled field far below', { affinity: { nodeAffinity: { required: {} } } }, 'affinity.nodeAffinity.required: is no known key'],
    ['too short a grace', { terminationGracePeriodSeconds: 5 }, 'terminationGracePeriodSeconds: must be at least 15 (found 5)'],
  ])('cannot have %s', (_, podSpecPatch, line) => {
    expect(refusals({ podSpecPatch })).toEqual([expect.stringContaining(`kubernetes.podSpecPatch.${line}`)]);
  });
});

describe('what a podSpec cannot have', () => {
  it.each<[string, object, string]>([
    [
      'a further command of a name of the first',
      { containers: [{ name: 'a' }, { name: 'container-0' }] },
      "containers[1].name: is a container of the operator's own",
    ],
    ['two further commands of one name', { containers: [{}, { name: 'a' }, { name: 'a' }] }, 'containers'],
    ["a name of the operator's", { containers: [{ name: 'checkout' }] }, "containers[0].name: is a container of the operator's own"],
    [
      "a volume of the operator's",
      { volumes: [{ name: 'workspace', emptyDir: {} }] },
      "volumes[0].name: is a volume of the operator's own",
    ],
    ['a volume without a name', { volumes: [{ emptyDir: {} }] }, 'volumes[0].name: is required'],
    ['an init container without a name', { initContainers: [{ image: 'x' }] }, 'initContainers[0].name: is required'],
    ['an init container without an image', { initContainers: [{ name: 'x' }] }, 'initContainers[0].image: is required'],
    [
      'an init container that restarts now and then',
      { initContainers: [{ name: 'x', image: 'y', restartPolicy: 'Never' }] },
      'initContainers[0].restartPolicy: must be Always',
    ],
    [
      'an init container with a probe',
      { initContainers: [{ name: 'x', image: 'y', startupProbe: {} }] },
      'initContainers: probes and lifecycle hooks are for sidecars',
    ],
    [
      'a bad toleration',
      { tolerations: [{ key: 'a' }, { operator: 'Exists', value: 'x' }] },
      'tolerations[1].value: operator Exists takes no value',
    ],
    [
      'a value and a source',
      { containers: [{ env: [{ name: 'A', value: '1', valueFrom: {} }] }] },
      'containers[0].env[0].valueFrom: give value or valueFrom, not both',
    ],
    ['an image with spaces', { containers: [{ image: 'a b' }] }, 'containers[0].image: must be an image reference'],
  ])('%s', (_, podSpec, line) => {
    expect(refusals({ podSpec }).filter(text => text.includes(`kubernetes.podSpec.${line}`))).toHaveLength(1);
  });

  it('a PodTemplate has the restart policy that the API server fills in, which is not worth a word', () => {
    const podTemplates = new Map([['big', { restartPolicy: 'Always', containers: [{ name: 'main', image: 'x' }] }]]);
    expect(mapped({ podTemplate: 'big' }, { podTemplates }).notices).toEqual([]);
  });

  it('another restart policy has no effect, and the job hears of it', () => {
    const { spec, notices } = mapped({ podSpec: { restartPolicy: 'OnFailure' } });
    expect(spec.podPatch).toBeUndefined();
    expect(notices).toEqual(['kubernetes.podSpec.restartPolicy has no effect: the pod of a job runs once']);
  });
});

describe('credentials of the checkout', () => {
  const secret = (gitCredentialsSecret: object) => mapped({ checkout: { gitCredentialsSecret } }).spec;

  it('may stand under another key of the Secret', () => {
    const items = [{ key: 'github', path: '.git-credentials' }];
    const spec = secret({ secretName: 'creds', items });
    expect(spec.checkout).toEqual({ credentialsSecret: 'creds' });
    expect(spec.podPatch).toEqual({
      volumes: [{ name: 'git-credentials', projected: { sources: [{ secret: { name: 'creds', items, optional: true } }] } }],
    });
  });

  it.each([
    [{ items: [] }, 'secretName: is required'],
    [{ secretName: 'creds', items: [{ key: 'a', path: 'b' }] }, 'items: must have an entry with path .git-credentials'],
  ])('%j is refused', (gitCredentialsSecret, line) => {
    expect(refusals({ checkout: { gitCredentialsSecret } })).toEqual([
      expect.stringContaining(`kubernetes.checkout.gitCredentialsSecret.${line}`),
    ]);
  });
});

describe('several containers with commands', () => {
  it('run one after another, each with what it says itself', () => {
    const { spec } = mapped({
      podSpec: {
        containers: [
          { name: 'main', image: 'a', command: ['one'] },
          { name: 'lint', image: 'b', command: ['two'], args: ['x y'], env: [{ name: 'A', value: '1' }], tty: true },
          { image: 'c', resources: { limits: { cpu: '1' } }, volumeMounts: [{ name: 'cache', mountPath: '/cache' }] },
        ],
      },
      gitEnvFrom: [{ secretRef: { name: 'git' } }],
    });
    const envFrom = [{ secretRef: { name: 'git' } }];
    expect(spec).toMatchObject({
      command: 'one',
      image: 'a',
      commandContainers: [
        { name: 'lint', image: 'b', command: "two 'x y'", env: [{ name: 'A', value: '1' }], envFrom },
        // Without a command of its own it runs the step's.
        {
          name: 'container-2',
          image: 'c',
          command: 'make',
          envFrom,
          resources: { limits: { cpu: '1' } },
          volumeMounts: [{ name: 'cache' }],
        },
      ],
    });
    expect(spec.podPatch).toEqual({
      containers: [
        { name: 'checkout', envFrom },
        { name: 'container-0', envFrom },
        { name: 'lint', tty: true },
      ],
    });
  });

  it('are patched by their names, and keep to the interposer', () => {
    const { spec } = mapped({
      podSpec: { containers: [{ command: ['one'] }, { name: 'lint', command: ['two'] }] },
      podSpecPatch: { containers: [{ name: 'lint', args: ['a b'], stdin: true }] },
    });
    expect(spec).toMatchObject({ command: 'one', commandContainers: [{ name: 'lint', command: "two 'a b'" }] });
    expect(spec.podPatch).toEqual({ containers: [{ name: 'lint', stdin: true }] });
  });
});
