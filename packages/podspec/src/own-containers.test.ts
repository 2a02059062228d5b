import type { BuildEnvironmentSpec, BuildJobSpec } from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PodDefaults } from './defaults.ts';
import { renderPod } from './render-pod.ts';
import { makePluginFolders } from './settings-plugins.ts';
import { awaitAgent } from './start-gate.ts';
import { byName, podDefaults, renderRefusal, sampleEnvironment, sampleJob, sampleJobId } from './testing/index.ts';
import { containerOf, variablesOf } from './testing/pod-containers.ts';

interface Given {
  readonly job?: Partial<BuildJobSpec>;
  readonly environment?: BuildEnvironmentSpec;
  readonly defaults?: Partial<PodDefaults>;
}

function rendered(name: string, { job = {}, environment = {}, defaults = {} }: Given = {}) {
  const node = sampleEnvironment('node', environment);
  return containerOf(renderPod(sampleJob({ environment: 'node', ...job }), byName([node]), { ...podDefaults, ...defaults }).spec, name);
}

const variables = (name: string, given?: Given) => variablesOf(rendered(name, given));

describe('output', () => {
  it.each(['agent', 'checkout', 'container-0'])('passes through %s as it is: no terminal changes its line ends', name => {
    expect(variables(name)['BUILDKITE_AGENT_EXPERIMENT']).toBe('pty-raw');
  });
});

// The names and values are those that buildkite-agent v3.136.2 reads in its kubernetes-exec mode.
describe('the agent container', () => {
  it.each<[string, string | undefined, Given]>([
    ['BUILDKITE_AGENT_TOKEN', 'file:///buildkite/agent-token/BUILDKITE_AGENT_TOKEN', {}],
    ['BUILDKITE_AGENT_TOKEN', 'file:///buildkite/agent-token/token', { defaults: { agentTokenSecret: { name: 's', key: 'token' } } }],
    ['BUILDKITE_AGENT_ACQUIRE_JOB', sampleJobId, {}],
    ['BUILDKITE_AGENT_NAME', `bk-${sampleJobId}`, {}],
    ['BUILDKITE_AGENT_REFLECT_EXIT_STATUS', 'true', {}],
    ['BUILDKITE_KUBERNETES_EXEC', 'true', {}],
    ['BUILDKITE_CONTAINER_COUNT', '2', {}],
    ['BUILDKITE_CONTAINER_COUNT', '2', { job: { checkout: { skip: false } } }],
    ['BUILDKITE_CONTAINER_COUNT', '1', { job: { checkout: { skip: true } } }],
    ['BUILDKITE_CONTAINER_COUNT', '4', { job: { commandContainers: [{ name: 'a' }, { name: 'b' }] } }],
    ['BUILDKITE_CONTAINER_COUNT', '2', { job: { extraContainers: [{ name: 'a', image: 'b' }] } }],
    ['BUILDKITE_KUBERNETES_CONTAINER_START_TIMEOUT', '900s', {}],
    ['BUILDKITE_KUBERNETES_CONTAINER_START_TIMEOUT', '77s', { job: { pendingTimeoutSeconds: 77 } }],
    ['BUILDKITE_BUILD_PATH', '/workspace/build', {}],
    ['BUILDKITE_HOOKS_PATH', '/workspace/hooks', {}],
    ['BUILDKITE_PLUGINS_PATH', '/workspace/plugins', {}],
    ['BUILDKITE_SOCKETS_PATH', '/workspace/sockets/agent', {}],
    ['BUILDKITE_SHELL', '/bin/sh -ec', {}],
    ['BUILDKITE_AGENT_ENDPOINT', 'https://agent.example.com/v3', {}],
    ['BUILDKITE_AGENT_TAGS', 'queue=bk-operator', {}],
    ['BUILDKITE_AGENT_TAGS', 'queue=linux', { job: { buildkite: { jobId: sampleJobId, queue: 'linux' } } }],
    ['BUILDKITE_AGENT_TAGS', 'arch=arm64,queue=bk-operator', { job: { buildkite: { jobId: sampleJobId, agentTags: { arch: 'arm64' } } } }],
    ['BUILDKITE_AGENT_TAGS', 'queue=a', { job: { buildkite: { jobId: sampleJobId, queue: 'a', agentTags: { queue: 'b' } } } }],
    ['BUILDKITE_CANCEL_GRACE_PERIOD', '60', {}],
    ['BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS', '50', {}],
    ['BUILDKITE_CANCEL_GRACE_PERIOD', '15', { job: { terminationGracePeriodSeconds: 15 } }],
    ['BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS', '5', { job: { terminationGracePeriodSeconds: 15 } }],
    ['BUILDKITE_GIT_CLONE_FLAGS', undefined, {}],
    ['BUILDKITE_GIT_CLONE_FLAGS', '--depth=1', { job: { checkout: { cloneFlags: '--depth=1' } } }],
    ['BUILDKITE_GIT_FETCH_FLAGS', '-v', { job: { checkout: { fetchFlags: '-v' } } }],
    ['BUILDKITE_GIT_CLEAN_FLAGS', '-n', { job: { checkout: { cleanFlags: '-n' } } }],
    ['BUILDKITE_GIT_CHECKOUT_FLAGS', '-q', { job: { checkout: { checkoutFlags: '-q' } } }],
    ['BUILDKITE_NO_GIT_SUBMODULES', undefined, {}],
    ['BUILDKITE_NO_GIT_SUBMODULES', undefined, { job: { checkout: { submodules: true } } }],
    ['BUILDKITE_NO_GIT_SUBMODULES', 'true', { job: { checkout: { submodules: false } } }],
  ])('has %s=%s', (name, value, given) => {
    expect(variables('agent', given)[name]).toBe(value);
  });

  it("leaves Buildkite's own address to the agent where none is set", () => {
    const { agentEndpoint: _endpoint, ...defaults } = podDefaults;
    const agent = containerOf(renderPod(sampleJob(), new Map(), defaults).spec, 'agent');
    expect(variablesOf(agent)).not.toHaveProperty('BUILDKITE_AGENT_ENDPOINT');
  });

  it.each([
    ['BUILDKITE_K8S_NODE', 'spec.nodeName'],
    ['BUILDKITE_K8S_NAMESPACE', 'metadata.namespace'],
    ['BUILDKITE_K8S_SERVICE_ACCOUNT', 'spec.serviceAccountName'],
  ])('tells %s by %s', (name, fieldPath) => {
    expect(rendered('agent').env).toContainEqual({ name, valueFrom: { fieldRef: { fieldPath } } });
  });

  it.each<[string, BuildJobSpec['checkout'], string]>([
    ['checkout and command', {}, '[ -e /workspace/started/checkout ] && [ -e /workspace/started/container-0 ]'],
    ['the command alone', { skip: true }, '[ -e /workspace/started/container-0 ]'],
  ])("starts by the entry point of its image, under the image's own tini, when %s have started", (_who, checkout, condition) => {
    expect(rendered('agent', { job: { checkout } }).command).toStrictEqual([
      '/usr/bin/tini-static',
      '-s',
      '--',
      '/bin/sh',
      '-ec',
      `until ${condition}; do sleep 0.05; done\nexec buildkite-agent-entrypoint start`,
    ]);
  });

  it('brings its last words into the status', () => {
    expect(rendered('agent').terminationMessagePolicy).toBe('FallbackToLogsOnError');
  });

  it('reads the token from a file, and no hook of the job', () => {
    expect(rendered('agent').volumeMounts).toStrictEqual([
      { name: 'workspace', mountPath: '/workspace' },
      { name: 'agent-token', mountPath: '/buildkite/agent-token', readOnly: true },
      { name: 'agent-hooks', mountPath: '/workspace/hooks', readOnly: true },
    ]);
  });

  it('has nothing of the job in its environment, which reaches every container', () => {
    const env = [{ name: 'SECRET', value: 'x' }];
    expect(variables('agent', { job: { env }, environment: { container: { env } } })).not.toHaveProperty('SECRET');
  });
});

describe('the checkout container', () => {
  it.each([
    ['BUILDKITE_CONTAINER_ID', '0'],
    ['BUILDKITE_BOOTSTRAP_PHASES', 'plugin,checkout'],
    ['BUILDKITE_SOCKETS_PATH', '/workspace/sockets/checkout'],
    ['BUILDKITE_KUBERNETES_BOOTSTRAP_CONNECTION_TIMEOUT', '900s'],
    ['BUILDKITE_COMMAND', undefined],
    ['GIT_CONFIG_COUNT', '1'],
    ['GIT_CONFIG_KEY_0', 'safe.directory'],
    ['GIT_CONFIG_VALUE_0', '*'],
  ])('has %s=%s', (name, value) => {
    expect(variables('checkout')[name]).toBe(value);
  });

  it('says that it has started, then runs the bootstrap by the entry point of the agent image, with an open umask', () => {
    const { command, image, volumeMounts } = rendered('checkout');
    expect({ command, image, volumeMounts }).toStrictEqual({
      command: [
        '/usr/bin/tini-static',
        '-s',
        '--',
        '/bin/sh',
        '-ec',
        `[ -e /workspace/started/checkout ] || : >/workspace/started/checkout\numask 000\n${awaitAgent()}\nexec buildkite-agent-entrypoint kubernetes-bootstrap`,
      ],
      image: podDefaults.agentImage,
      volumeMounts: [{ name: 'workspace', mountPath: '/workspace' }],
    });
  });

  it('is not there when the job skips it', () => {
    expect(() => rendered('checkout', { job: { checkout: { skip: true } } })).toThrow('no container checkout');
  });

  describe('with a credentials secret', () => {
    const given = { job: { checkout: { credentialsSecret: 'git' } } };

    it.each(['RSA', 'ECDSA', 'ED25519'])('offers its %s key to ssh, where there is one', kind => {
      const name = `SSH_PRIVATE_${kind}_KEY`;
      expect(rendered('checkout', given).env).toContainEqual({
        name,
        valueFrom: { secretKeyRef: { name: 'git', key: name, optional: true } },
      });
    });

    it('lets git read a copy of its .git-credentials', () => {
      const { volumeMounts, command } = rendered('checkout', given);
      expect(volumeMounts).toContainEqual({ name: 'git-credentials', mountPath: '/buildkite/git-credentials', readOnly: true });
      expect(command?.at(-1)).toContain('cp /buildkite/git-credentials/.git-credentials /tmp/.git-credentials');
      expect(variables('checkout', given)).toMatchObject({
        GIT_CONFIG_COUNT: '2',
        GIT_CONFIG_KEY_1: 'credential.helper',
        GIT_CONFIG_VALUE_1: 'store --file=/tmp/.git-credentials',
      });
    });

    it('keeps them from the command', () => {
      expect(JSON.stringify(rendered('container-0', given))).not.toContain('git-credentials');
    });
  });
});

describe('the command container', () => {
  it.each<[string, string | undefined, Given]>([
    ['BUILDKITE_CONTAINER_ID', '1', {}],
    ['BUILDKITE_CONTAINER_ID', '0', { job: { checkout: { skip: true } } }],
    ['BUILDKITE_BOOTSTRAP_PHASES', 'plugin,command', {}],
    ['BUILDKITE_SOCKETS_PATH', '/workspace/sockets/container-0', {}],
    ['BUILDKITE_KUBERNETES_BOOTSTRAP_CONNECTION_TIMEOUT', '77s', { job: { pendingTimeoutSeconds: 77 } }],
    ['BUILDKITE_COMMAND', 'make', { job: { command: 'make' } }],
    ['BUILDKITE_COMMAND', '', {}],
    ['BUILDKITE_COMMAND', 'make', { job: { command: 'make', env: [{ name: 'BUILDKITE_COMMAND', value: 'evil' }] } }],
    ['BUILDKITE_BOOTSTRAP_PHASES', 'plugin,command', { job: { env: [{ name: 'BUILDKITE_BOOTSTRAP_PHASES', value: 'checkout' }] } }],
    ['GIT_CONFIG_COUNT', '1', {}],
    ['GIT_CONFIG_COUNT', '0', { job: { env: [{ name: 'GIT_CONFIG_COUNT', value: '0' }] } }],
    ['FOO', 'bar', { environment: { container: { env: [{ name: 'FOO', value: 'bar' }] } } }],
  ])('has %s=%j', (name, value, given) => {
    expect(variables('container-0', given)[name]).toBe(value);
  });

  it('gets the command as it is, whatever dollars and parentheses it has', () => {
    const shell = fc.array(fc.constantFrom('$', '$$', '(', ')', '$(', 'BUILDKITE_CONTAINER_ID', 'é', ' ', '\n', 'a'), { maxLength: 12 });
    fc.assert(
      fc.property(shell, parts => {
        const command = parts.join('');
        expect(variables('container-0', { job: { command } })['BUILDKITE_COMMAND']).toBe(command);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves the references in a job's own variables to the kubelet", () => {
    const env = [{ name: 'WHERE', value: '$(HOME)/x' }];
    expect(rendered('container-0', { job: { env } }).env).toContainEqual(env[0]);
  });

  it("says that it has started, then runs the agent's bootstrap, all under tini, whatever entry point its environment has", () => {
    const container = { command: ['serve'], args: ['--fast'], workingDir: '/srv', startupProbe: {}, livenessProbe: {}, lifecycle: {} };
    const { command, args, workingDir, ...rest } = rendered('container-0', {
      environment: { container: { ...container, readinessProbe: {} } },
    });
    expect({ command, args, workingDir }).toStrictEqual({
      command: ['/workspace/tini-static', '--', '/bin/sh', '-ec'],
      args: [
        `[ -e /workspace/started/container-0 ] || : >/workspace/started/container-0\n${awaitAgent()}\nexec /workspace/buildkite-agent kubernetes-bootstrap`,
      ],
      workingDir: '/workspace',
    });
    expect(Object.keys(rest).toSorted()).toStrictEqual(['env', 'image', 'name', 'resources', 'volumeMounts']);
  });

  it("keeps the rest of its environment's template", () => {
    const template = {
      imagePullPolicy: 'Always',
      envFrom: [{ configMapRef: { name: 'c' } }],
      ports: [{ containerPort: 1 }],
      securityContext: { runAsUser: 5 },
      resources: { limits: { cpu: 1 } },
    } as const;
    const volumeMounts = [{ name: 'cache', mountPath: '/cache' }];
    const environment = {
      volumes: [{ name: 'cache', emptyDir: {} }],
      container: { ...template, envFrom: [...template.envFrom], ports: [...template.ports], volumeMounts },
    };
    const container = rendered('container-0', { environment });
    expect(container).toMatchObject(template);
    expect(container.volumeMounts).toStrictEqual([{ name: 'workspace', mountPath: '/workspace' }, ...volumeMounts]);
  });

  const longest = 131_072 - Buffer.byteLength('BUILDKITE_COMMAND=') - 1;

  it.each([
    ['ASCII', 'x'.repeat(longest)],
    ['dollars, which the pod holds twice', '$'.repeat(longest)],
    ['two bytes a character', 'é'.repeat((longest - 1) / 2)],
  ])('takes the longest command that a process can be given: %s', (_what, command) => {
    expect(variables('container-0', { job: { command } })['BUILDKITE_COMMAND']).toBe(command);
  });

  it('runs the file of a longer one, in the shell that it would itself run in', () => {
    const job = { command: 'x'.repeat(longest + 1), commandContainers: [{ name: 'lint', command: 'é'.repeat(longest) }, { name: 'b' }] };
    expect(variables('container-0', { job })['BUILDKITE_COMMAND']).toBe('. /workspace/commands/container-0');
    expect(variables('lint', { job })['BUILDKITE_COMMAND']).toBe('. /workspace/commands/lint');
    expect(variables('copy-agent', { job })).toHaveProperty('COMMAND_1_0');
    expect(rendered('copy-agent', { job }).command?.[2]).toContain('>/workspace/commands/lint');
  });

  it.each([
    ['the job', { job: { env: [{ name: 'LONG', value: 'é'.repeat(70_000) }] } }, 'spec.env[LONG]'],
    [
      'a further command',
      { job: { commandContainers: [{ name: 'a', env: [{ name: 'LONG', value: 'x'.repeat(131_070) }] }] } },
      'spec.commandContainers[0].env[LONG]',
    ],
  ])('refuses a variable of %s that no process can be given', (_what, given, field) => {
    const refusal = renderRefusal(() => rendered('container-0', given));
    expect(refusal).toMatchObject({ code: 'TooLarge', field });
    expect(refusal?.message).toContain('put it into a file');
  });
});

describe('the set-up container', () => {
  it('puts the binaries and the folders where all users reach them, before anything else runs', () => {
    const { initContainers } = renderPod(sampleJob({ initContainers: [{ name: 'a', image: 'b' }] }), new Map(), podDefaults).spec ?? {};
    const [setup] = initContainers ?? [];
    expect(setup).toMatchObject({ name: 'copy-agent', image: podDefaults.agentImage, command: ['/bin/sh', '-ec', expect.any(String)] });
    expect(setup?.command?.[2]?.split('\n')).toStrictEqual([
      'umask 000',
      'mkdir -p /workspace/build /workspace/plugins /workspace/hooks /workspace/sockets /workspace/started',
      'cp /usr/local/bin/buildkite-agent /workspace/buildkite-agent',
      'cp /usr/bin/tini-static /workspace/tini-static',
      ...makePluginFolders(`bk-${sampleJobId}`).split('\n'),
    ]);
  });
});

describe('the user of the own containers', () => {
  it.each<[string, BuildEnvironmentSpec, object]>([
    ["is the image's where nobody says", {}, {}],
    [
      "is the command container's",
      { container: { securityContext: { runAsUser: 7, runAsGroup: 8, privileged: true } } },
      { runAsUser: 7, runAsGroup: 8 },
    ],
    ["is the pod's", { podSecurityContext: { runAsUser: 5, fsGroup: 6 } }, { runAsUser: 5 }],
    [
      "is the command container's before the pod's",
      { podSecurityContext: { runAsUser: 5, runAsGroup: 6 }, container: { securityContext: { runAsUser: 0 } } },
      { runAsUser: 0, runAsGroup: 6 },
    ],
  ])('%s, and has no privileges', (_title, environment, user) => {
    const contexts = ['copy-agent', 'agent', 'checkout'].map(name => rendered(name, { environment }).securityContext);
    const confined = {
      ...user,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    };
    expect(contexts).toStrictEqual([confined, confined, confined]);
  });
});
