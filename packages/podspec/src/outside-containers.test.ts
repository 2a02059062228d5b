import type { BuildEnvironmentSpec, BuildJobSpec } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { renderPod } from './render-pod.ts';
import { makePluginFolders } from './settings-plugins.ts';
import { byName, podDefaults, renderRefusal, sampleEnvironment, sampleJob, sampleJobId } from './testing/index.ts';
import { containerOf, variablesOf } from './testing/pod-containers.ts';

interface Given {
  readonly job?: Partial<BuildJobSpec>;
  readonly environment?: BuildEnvironmentSpec;
  /** The Secret with the job's environment. */
  readonly secret?: string;
}

function podOf({ job = {}, environment = {}, secret = 'job-environment' }: Given = {}) {
  const buildkite = { jobId: sampleJobId, outsideAgent: { environmentSecret: secret } };
  const node = sampleEnvironment('node', environment);
  return renderPod(sampleJob({ buildkite, environment: 'node', command: 'make', ...job }), byName([node]), podDefaults).spec;
}

const names = (containers: readonly { readonly name: string }[] = []) => containers.map(({ name }) => name);
const variables = (name: string, given?: Given) => variablesOf(containerOf(podOf(given), name));

describe('the pod of a job whose agent runs elsewhere', () => {
  const beside: Partial<BuildJobSpec> = {
    initContainers: [{ name: 'warm', image: 'busybox' }],
    extraContainers: [{ name: 'db', image: 'postgres:17' }],
  };

  it('has the checkout as the last init container, beside the sidecars, and the command alone', () => {
    const { initContainers, containers } = podOf({ job: beside }) ?? {};
    expect(names(initContainers)).toStrictEqual(['copy-agent', 'warm', 'db', 'checkout']);
    expect(names(containers)).toStrictEqual(['container-0']);
    expect(containerOf(podOf(), 'checkout').restartPolicy).toBeUndefined();
  });

  it('has no checkout where the job wants none', () => {
    const { initContainers, containers } = podOf({ job: { ...beside, checkout: { skip: true } } }) ?? {};
    expect([names(initContainers), names(containers)]).toStrictEqual([['copy-agent', 'warm', 'db'], ['container-0']]);
  });

  it('has no volume for an agent', () => {
    expect(names(podOf()?.volumes)).toStrictEqual(['workspace']);
  });

  it("has folders for the settings' plugins where the bootstrap looks for them: below the name of the job's agent", () => {
    const { command, env } = containerOf(podOf(), 'copy-agent');
    expect(command?.at(-1)).toContain(makePluginFolders('$BUILDKITE_AGENT_NAME'));
    const secretKeyRef = { name: 'job-environment', key: 'BUILDKITE_AGENT_NAME' };
    // Were it optional, the set-up would not wait for a Secret that comes after the BuildJob.
    expect(env).toStrictEqual([{ name: 'BUILDKITE_AGENT_NAME', valueFrom: { secretKeyRef } }]);
  });
});

describe.each([
  ['checkout', 'plugin,checkout', 'exec buildkite-agent-entrypoint bootstrap'],
  ['container-0', 'plugin,command', 'exec /workspace/buildkite-agent bootstrap'],
])('%s of such a pod', (name, phases, bootstrap) => {
  it("starts the bootstrap under tini, in the build's folder, and waits for no agent", () => {
    const { command = [], args = [] } = containerOf(podOf(), name);
    const words = [...command, ...args];
    expect(words[0]).toMatch(/\/tini-static$/);
    const script = words.at(-1)?.split('\n') ?? [];
    expect(script.slice(-2)).toStrictEqual(['cd /workspace/build', bootstrap]);
    expect(script.join('\n')).not.toMatch(/started|buildkite\.sock/);
  });

  it("has the job's environment, the last of its sources", () => {
    const environment = { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } };
    expect(containerOf(podOf({ environment }), name).envFrom?.at(-1)).toStrictEqual({ secretRef: { name: 'job-environment' } });
  });

  // Names that buildkite-agent v3.136.2 reads in its bootstrap.
  it.each([
    ['BUILDKITE_BOOTSTRAP_PHASES', phases],
    ['BUILDKITE_BUILD_PATH', '/workspace/build'],
    ['BUILDKITE_BUILD_CHECKOUT_PATH', '/workspace/build/buildkite'],
    ['BUILDKITE_PLUGINS_PATH', '/workspace/plugins'],
    ['BUILDKITE_PLUGINS_ALWAYS_CLONE_FRESH', 'false'],
    ['BUILDKITE_HOOKS_PATH', '/workspace/hooks'],
    ['BUILDKITE_ADDITIONAL_HOOKS_PATHS', ''],
    ['BUILDKITE_SOCKETS_PATH', `/workspace/sockets/${name}`],
    ['BUILDKITE_BIN_PATH', '/workspace'],
    ['BUILDKITE_SHELL', '/bin/sh -ec'],
    ['BUILDKITE_HOOKS_SHELL', ''],
    ['BUILDKITE_ENV_FILE', ''],
    ['BUILDKITE_ENV_JSON_FILE', ''],
    ['BUILDKITE_GIT_MIRRORS_PATH', ''],
    ['BUILDKITE_AGENT_EXPERIMENT', 'pty-raw'],
  ])("has the pod's own %s", (variable, value) => {
    expect(variables(name)[variable]).toBe(value);
  });

  it('has what only an agent or its clients need in no variable', () => {
    const others = /TOKEN|ACQUIRE|KUBERNETES|CONTAINER_(ID|COUNT)|BUILDKITE_NO_GIT_SUBMODULES/;
    const given = variables(name, { job: { checkout: { submodules: false } } });
    expect(Object.keys(given).filter(variable => others.test(variable))).toStrictEqual([]);
  });

  it.each([
    [60, '60', '50'],
    [15, '15', '5'],
  ])('of %i s of grace leaves the command all but what hooks and artifacts need', (terminationGracePeriodSeconds, cancel, signal) => {
    expect(variables(name, { job: { terminationGracePeriodSeconds } })).toMatchObject({
      BUILDKITE_CANCEL_GRACE_PERIOD: cancel,
      BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS: signal,
    });
  });

  it.each<[string, NonNullable<BuildJobSpec['checkout']>, Record<string, string | undefined>]>([
    [
      'none',
      {},
      { BUILDKITE_GIT_CLONE_FLAGS: undefined, BUILDKITE_GIT_SUBMODULES: undefined, BUILDKITE_GIT_MIRRORS_SKIP_UPDATE: undefined },
    ],
    ['flags', { cloneFlags: '--depth=1' }, { BUILDKITE_GIT_CLONE_FLAGS: '--depth=1' }],
    ['no submodules', { submodules: false }, { BUILDKITE_GIT_SUBMODULES: 'false' }],
    ['submodules', { submodules: true }, { BUILDKITE_GIT_SUBMODULES: 'true' }],
    ['mirrors', { gitMirrors: {} }, { BUILDKITE_GIT_MIRRORS_PATH: '/buildkite/git-mirrors', BUILDKITE_GIT_MIRRORS_SKIP_UPDATE: 'false' }],
    [
      'mirrors that are only read',
      { gitMirrors: { path: '/mirrors', skipUpdate: true } },
      { BUILDKITE_GIT_MIRRORS_PATH: '/mirrors', BUILDKITE_GIT_MIRRORS_SKIP_UPDATE: 'true' },
    ],
  ])("has the job's settings of git: %s", (_what, checkout, expected) => {
    const given = variables(name, { job: { checkout } });
    for (const [variable, value] of Object.entries(expected)) expect(given[variable]).toBe(value);
  });
});

describe('the command of such a pod', () => {
  it("is the BuildJob's, whatever the Secret says", () => {
    expect(variables('container-0', { job: { command: 'echo "$HOME"' } })['BUILDKITE_COMMAND']).toBe('echo "$HOME"');
  });

  it('is run from a file where it is too long for a variable', () => {
    const given: Given = { job: { command: `: ${'x'.repeat(140_000)}` } };
    expect(variables('container-0', given)['BUILDKITE_COMMAND']).toBe('. /workspace/commands/container-0');
    expect(containerOf(podOf(given), 'copy-agent').command?.at(-1)).toContain('>/workspace/commands/container-0');
  });

  it('has the variables of environment and job, by name, but for what belongs to the pod', () => {
    const environment = {
      container: { env: ['A', 'B', 'BUILDKITE_SHELL', 'BUILDKITE_BUILD_PATH'].map(name => ({ name, value: 'environment' })) },
    };
    const job = { env: [{ name: 'B', value: 'job' }] };
    expect(variables('container-0', { environment, job })).toMatchObject({
      A: 'environment',
      B: 'job',
      BUILDKITE_SHELL: 'environment',
      BUILDKITE_BUILD_PATH: '/workspace/build',
    });
  });
});

describe('the Secret with the environment', () => {
  it("is not the agent token's", () => {
    const refusal = renderRefusal(() => podOf({ secret: podDefaults.agentTokenSecret.name }));
    expect(refusal?.problems).toStrictEqual([
      {
        code: 'TokenExposed',
        field: 'spec.buildkite.outsideAgent.environmentSecret',
        value: podDefaults.agentTokenSecret.name,
        problem: 'holds the agent token, which only the agent may see; remove the reference',
      },
    ]);
  });
});
