import { describe, expect, it } from 'vitest';
import { renderPod } from './render-pod.ts';
import { byName, podDefaults, renderRefusal, sampleEnvironment, sampleJob } from './testing/index.ts';
import { containerOf } from './testing/pod-containers.ts';

type Patch = Record<string, unknown>;

const node = sampleEnvironment('node', { volumes: [{ name: 'cache', emptyDir: {} }] });
const patched = (podPatch: Patch) => renderPod(sampleJob({ environment: 'node', command: 'make', podPatch }), byName([node]), podDefaults);
const container = (name: string, parts: Patch): Patch => ({ containers: [{ name, ...parts }] });
const setup = (parts: Patch): Patch => ({ initContainers: [{ name: 'copy-agent', ...parts }] });
const probe = { exec: { command: ['cat', '/buildkite/agent-token/BUILDKITE_AGENT_TOKEN'] } };

describe('a patch that is refused', () => {
  it.each<[string, Patch, string]>([
    ['runs the job again', { restartPolicy: 'OnFailure' }, 'restartPolicy'],
    ['takes the restart policy away', { restartPolicy: null }, 'restartPolicy'],
    ['adds ephemeral containers', { ephemeralContainers: [{ name: 'e' }] }, 'ephemeralContainers'],
    ['removes the agent', container('agent', { $patch: 'delete' }), 'containers'],
    ['removes the checkout', container('checkout', { $patch: 'delete' }), 'containers'],
    ['removes the command', container('container-0', { $patch: 'delete' }), 'containers'],
    ['removes the set-up', setup({ $patch: 'delete' }), 'initContainers'],
    ['replaces all containers', { containers: [{ $patch: 'replace' }, { name: 'mine', image: 'x' }] }, 'containers'],
    ['removes all containers', { containers: null }, 'containers'],
    ['removes all init containers', { initContainers: null }, 'initContainers'],
    ['removes all volumes', { volumes: null }, 'volumes'],
    ['removes the whole pod', { $patch: 'delete' }, 'initContainers'],
    ['replaces the whole pod', { $patch: 'replace', containers: [] }, 'initContainers'],
    ['gives a text for containers', { containers: 'agent' }, 'containers'],
    ['gives a text for variables', container('mine', { env: 'A=1' }), 'containers[0].env'],
    ['gives a variable without name', container('mine', { env: [{ value: 'x' }] }), 'containers[0].env[0].name'],
    [
      'gives a number for a mount path',
      container('mine', { volumeMounts: [{ name: 'v', mountPath: 5 }] }),
      'containers[0].volumeMounts[0].mountPath',
    ],
    ['gives an object for mounts', container('mine', { volumeMounts: {} }), 'containers[0].volumeMounts'],
    ['has an unknown directive', { $patch: 'explode' }, '$patch'],
    ['makes a second agent', { initContainers: [{ name: 'agent', image: 'x' }] }, 'containers[agent]'],
    ['makes two containers of one name', { initContainers: [{ name: 'a' }], containers: [{ name: 'a' }] }, 'containers[a]'],
    ['moves the agent', { initContainers: [{ name: 'agent' }], containers: [{ name: 'agent', $patch: 'delete' }] }, 'containers'],
    [
      'lets the agent acquire before the others have started',
      container('agent', { command: null, args: ['start'] }),
      'containers[agent].command',
    ],
    ['changes the command of the agent', container('agent', { command: ['sh'] }), 'containers[agent].command'],
    ['changes the arguments of the agent', container('agent', { args: ['status'] }), 'containers[agent].args'],
    ['changes the image of the agent', container('agent', { image: 'evil' }), 'containers[agent].image'],
    ['lets a hook run in the agent', container('agent', { lifecycle: { postStart: probe } }), 'containers[agent].lifecycle'],
    ['lets a probe run in the agent', container('agent', { livenessProbe: probe }), 'containers[agent].livenessProbe'],
    ['restarts the agent', container('agent', { restartPolicy: 'Always' }), 'containers[agent].restartPolicy'],
    [
      'mounts over files of the agent',
      container('agent', { volumeMounts: [{ name: 'cache', mountPath: '/usr/local/bin' }] }),
      'containers[agent].volumeMounts',
    ],
    [
      'takes the hooks folder of the agent away',
      container('agent', { volumeMounts: [{ mountPath: '/workspace/hooks', $patch: 'delete' }] }),
      'containers[agent].volumeMounts',
    ],
    [
      'sends the agent elsewhere',
      container('agent', { env: [{ name: 'BUILDKITE_AGENT_ENDPOINT', value: 'http://evil' }] }),
      'containers[agent].env',
    ],
    [
      'loads a library into the agent',
      container('agent', { env: [{ name: 'LD_PRELOAD', value: '/workspace/evil.so' }] }),
      'containers[agent].env',
    ],
    [
      'fills the variables of the agent',
      container('agent', { envFrom: [{ configMapRef: { name: 'evil' } }] }),
      'containers[agent].envFrom',
    ],
    ['changes what the set-up runs', setup({ command: ['true'] }), 'initContainers[copy-agent].command'],
    ['changes the image of the set-up', setup({ image: 'evil' }), 'initContainers[copy-agent].image'],
    ['keeps the set-up running', setup({ restartPolicy: 'Always' }), 'initContainers[copy-agent].restartPolicy'],
    ['changes what the checkout runs', container('checkout', { command: ['true'] }), 'containers[checkout].command'],
    ['changes the image of the checkout', container('checkout', { image: 'evil' }), 'containers[checkout].image'],
    [
      'changes a phase of the checkout',
      container('checkout', { env: [{ name: 'BUILDKITE_BOOTSTRAP_PHASES', value: 'command' }] }),
      'containers[checkout].env[BUILDKITE_BOOTSTRAP_PHASES]',
    ],
    [
      'mounts over the workspace of the checkout',
      container('checkout', { volumeMounts: [{ name: 'cache', mountPath: '/workspace' }] }),
      'containers[checkout].volumeMounts[/workspace]',
    ],
    ['changes what the command runs', container('container-0', { command: ['sh', '-c', 'true'] }), 'containers[container-0].command'],
    ['takes the entry point of the command away', container('container-0', { args: null }), 'containers[container-0].args'],
    ['moves the command', container('container-0', { workingDir: '/srv' }), 'containers[container-0].workingDir'],
    ['restarts the command', container('container-0', { restartPolicy: 'OnFailure' }), 'containers[container-0].restartPolicy'],
    [
      'has rules to restart the command',
      container('container-0', { restartPolicyRules: [{ action: 'Restart' }] }),
      'containers[container-0].restartPolicyRules',
    ],
    [
      'replaces the command',
      container('container-0', { env: [{ name: 'BUILDKITE_COMMAND', value: 'true' }] }),
      'containers[container-0].env[BUILDKITE_COMMAND]',
    ],
    [
      'removes the command',
      container('container-0', { env: [{ name: 'BUILDKITE_COMMAND', $patch: 'delete' }] }),
      'containers[container-0].env[BUILDKITE_COMMAND]',
    ],
    [
      'replaces all variables',
      container('container-0', { env: [{ $patch: 'replace' }] }),
      'containers[container-0].env[BUILDKITE_CONTAINER_ID]',
    ],
    [
      'takes the command from elsewhere',
      container('container-0', {
        env: [{ name: 'BUILDKITE_COMMAND', value: null, valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }],
      }),
      'containers[container-0].env[BUILDKITE_COMMAND]',
    ],
    [
      'mounts over the workspace',
      container('container-0', { volumeMounts: [{ name: 'cache', mountPath: '/workspace' }] }),
      'containers[container-0].volumeMounts[/workspace]',
    ],
    ['replaces the volume of the token', { volumes: [{ name: 'agent-token', secret: { secretName: 'other' } }] }, 'volumes[agent-token]'],
    ['removes the volume of the token', { volumes: [{ name: 'agent-token', $patch: 'delete' }] }, 'volumes[agent-token]'],
    [
      'fills the hooks folder of the agent',
      { volumes: [{ name: 'agent-hooks', emptyDir: null, configMap: { name: 'evil' } }] },
      'volumes[agent-hooks]',
    ],
  ])('%s', (_title, podPatch, field) => {
    expect(renderRefusal(() => patched(podPatch))).toMatchObject({ code: 'PatchRefused', field: `spec.podPatch.${field}` });
  });

  it.each<[string, Patch]>([
    ['shares processes', { shareProcessNamespace: true }],
    ["sees the node's processes", { hostPID: true }],
    ['mounts the token', container('container-0', { volumeMounts: [{ name: 'agent-token', mountPath: '/t' }] })],
    [
      'mounts the Secret by a volume of its own',
      {
        ...container('mine', { volumeMounts: [{ name: 'v', mountPath: '/t' }] }),
        volumes: [{ name: 'v', secret: { secretName: 'buildkite-agent-token' } }],
      },
    ],
    ['reads the Secret into a variable', container('mine', { envFrom: [{ secretRef: { name: 'buildkite-agent-token' } }] })],
  ])('exposes the token: %s', (_title, podPatch) => {
    expect(renderRefusal(() => patched(podPatch))?.code).toBe('TokenExposed');
  });

  it('brings the checkout of a job that skips it', () => {
    const job = sampleJob({ command: 'make', checkout: { skip: true }, podPatch: container('checkout', { image: 'git' }) });
    expect(renderRefusal(() => renderPod(job, new Map(), podDefaults))).toMatchObject({
      code: 'PatchRefused',
      field: 'spec.podPatch.containers[checkout]',
    });
  });

  it('says a variable of ours twice, of which the second would count', () => {
    const env = containerOf(patched({}).spec, 'container-0').env ?? [];
    const podPatch = container('container-0', { env: [{ $patch: 'replace' }, ...env, { name: 'BUILDKITE_COMMAND', value: 'true' }] });
    expect(renderRefusal(() => patched(podPatch))).toMatchObject({
      code: 'PatchRefused',
      field: 'spec.podPatch.containers[container-0].env[BUILDKITE_COMMAND]',
    });
  });

  it('mounts two things at one path', () => {
    const podPatch = container('mine', { volumeMounts: ['/a', '/a/'].map(mountPath => ({ name: 'cache', mountPath })) });
    expect(renderRefusal(() => patched(podPatch))).toMatchObject({
      code: 'VolumeConflict',
      field: 'spec.podPatch.containers[0].volumeMounts[1].mountPath',
    });
  });
});

describe('a patch of the grace period', () => {
  it.each([59, null, '90'])('is refused with %j, which is less than the agent reckons with', terminationGracePeriodSeconds => {
    expect(renderRefusal(() => patched({ terminationGracePeriodSeconds }))).toMatchObject({
      code: 'PatchRefused',
      field: 'spec.podPatch.terminationGracePeriodSeconds',
      message: expect.stringContaining('spec.terminationGracePeriodSeconds instead'),
    });
  });
});

describe('a patch that is applied', () => {
  it('takes an essential sidecar away with its annotation', () => {
    const extraContainers = ['db', 'web'].map(name => ({ name, image: 'x', essential: true }));
    const podPatch = { initContainers: [{ name: 'web', $patch: 'delete' }] };
    const { metadata } = renderPod(sampleJob({ extraContainers, podPatch }), byName([]), podDefaults);
    expect(metadata?.annotations?.['buildkite-operator.io/essential-containers']).toBe('db');
  });

  it('has the last word on the pod', () => {
    const { spec } = patched({ dnsPolicy: 'Default', terminationGracePeriodSeconds: 90, enableServiceLinks: null });
    expect(spec).toMatchObject({ dnsPolicy: 'Default', terminationGracePeriodSeconds: 90 });
    expect(spec).not.toHaveProperty('enableServiceLinks');
  });

  it.each(['agent', 'checkout', 'container-0'])('may give %s other resources, a user and a pull policy', name => {
    const parts = { resources: { limits: { memory: '1Gi' } }, securityContext: { runAsUser: 5 }, imagePullPolicy: 'Always' };
    expect(containerOf(patched(container(name, parts)).spec, name)).toMatchObject(parts);
  });

  it('may give the checkout variables and mounts', () => {
    const parts = { env: [{ name: 'GIT_SSL_CAINFO', value: '/ca/ca.pem' }], volumeMounts: [{ name: 'cache', mountPath: '/ca' }] };
    const checkout = containerOf(patched(container('checkout', parts)).spec, 'checkout');
    expect(checkout.env).toContainEqual(parts.env[0]);
    expect(checkout.volumeMounts).toContainEqual(parts.volumeMounts[0]);
  });

  it('may change anything else of the command', () => {
    const parts = { image: 'other', tty: true, env: [{ name: 'A', value: '1' }], lifecycle: { preStop: { sleep: { seconds: 1 } } } };
    const command = containerOf(patched(container('container-0', parts)).spec, 'container-0');
    expect(command).toMatchObject({ image: 'other', tty: true, lifecycle: parts.lifecycle });
    expect(command.env).toContainEqual(parts.env[0]);
  });

  it('may add containers and volumes, and change the workspace', () => {
    const { spec } = patched({
      volumes: [
        { name: 'workspace', emptyDir: { medium: 'Memory' } },
        { name: 'more', emptyDir: {} },
      ],
      containers: [{ name: 'mine', image: 'x', volumeMounts: [{ name: 'more', mountPath: '/more' }] }],
    });
    expect(spec?.volumes).toContainEqual({ name: 'workspace', emptyDir: { medium: 'Memory' } });
    expect(containerOf(spec, 'mine').image).toBe('x');
  });

  it('may change of a further command what it may of the first, and no more', () => {
    const spec = { command: 'make', commandContainers: [{ name: 'lint', command: 'x' }] };
    const render = (parts: Patch) => renderPod(sampleJob({ ...spec, podPatch: container('lint', parts) }), new Map(), podDefaults);
    expect(containerOf(render({ image: 'other', tty: true }).spec, 'lint')).toMatchObject({ image: 'other', tty: true });
    for (const parts of [{ args: ['x'] }, { $patch: 'delete' }, { env: [{ name: 'BUILDKITE_COMMAND', value: 'y' }] }])
      expect(() => render(parts)).toThrow(/belongs to the operator/);
  });
});
