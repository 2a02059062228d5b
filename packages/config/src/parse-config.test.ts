import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError, type ConfigFault } from './config-error.ts';
import type { OperatorConfig } from './operator-config.ts';
import { parseConfig } from './parse-config.ts';
import { podDefaultsOf } from './pod-defaults-of.ts';
import { defaultPolicy } from './policy.ts';

const context = { operatorNamespace: 'buildkite-operator' };
const least = { pod_defaults: 'agentImage: registry.example.com/agent:1' };

/** The configuration, or what is wrong with it. Throws whatever is thrown but a ConfigError. */
function outcomeOf(data: Readonly<Record<string, string>>): { config?: OperatorConfig; faults: readonly ConfigFault[] } {
  try {
    return { config: parseConfig(data, context), faults: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { faults: error.faults };
    throw error;
  }
}

const faultsOf = (data: Readonly<Record<string, string>>) => outcomeOf(data).faults;

describe('a configuration with nothing but the agent image', () => {
  it('has a default for everything else', () => {
    expect(parseConfig(least, context)).toEqual({
      job_namespace: 'buildkite-operator',
      pod_defaults: {
        agentImage: 'registry.example.com/agent:1',
        agentTokenSecret: { name: 'buildkite-agent-token', key: 'BUILDKITE_AGENT_TOKEN' },
        agentResources: { requests: { cpu: '20m', memory: '64Mi' } },
        checkoutResources: { requests: { cpu: '50m', memory: '64Mi' } },
        resources: {},
        timeoutSeconds: 21_600,
        pendingTimeoutSeconds: 900,
        ttlSecondsAfterFinished: 0,
        terminationGracePeriodSeconds: 60,
        startFailureGraceSeconds: 30,
        unschedulableGraceSeconds: 600,
        maxPods: 3,
        unreachableNodeSeconds: 60,
      },
      job_spawner_config: expect.objectContaining({ queue: 'bk-operator' }),
      admission: { nodesAutoscale: true, dryRun: true, fullQuota: 'wait' },
      environment_defaults: { initContainers: [], extraContainers: [], tolerations: [], podLabels: {}, podAnnotations: {} },
      policy: defaultPolicy,
    });
  });

  it('lets jobs do what needs no trust, and nothing else', () => {
    expect(defaultPolicy).toEqual({
      privileged: false,
      hostPaths: [],
      hostNamespaces: false,
      serviceAccounts: [],
      priorityClasses: ['*'],
      runtimeClasses: ['*'],
      podPatch: true,
      environments: [],
    });
  });

  it('runs commands in the agent image', () => {
    const defaults = podDefaultsOf(parseConfig(least, context));
    expect(defaults).toMatchObject({ image: 'registry.example.com/agent:1', queue: 'bk-operator' });
    expect(defaults).not.toHaveProperty('environment');
    expect(defaults).not.toHaveProperty('agentEndpoint');
  });
});

describe('what is given wins over the defaults:', () => {
  const given: readonly (readonly [string, Readonly<Record<string, string>>, object])[] = [
    ['plain text', { job_namespace: 'ci-jobs\n' }, { job_namespace: 'ci-jobs' }],
    ['an empty text is no text', { job_namespace: ' ', policy: '', admission: '# nothing\n' }, { job_namespace: 'buildkite-operator' }],
    [
      'YAML in lines',
      { admission: 'dryRun: false\nfullQuota: refuse\n' },
      { admission: { nodesAutoscale: true, dryRun: false, fullQuota: 'refuse' } },
    ],
    [
      'JSON',
      { policy: '{"environments":[{"environments":["gpu-*"],"pipelines":["ml-*"]}]}' },
      { policy: { environments: [{ environments: ['gpu-*'], pipelines: ['ml-*'], namespaces: ['*'] }] } },
    ],
    [
      'parts of pods',
      {
        environment_defaults:
          'extraContainers: [{environment: cache, securityContext: {anything: goes}}]\ntolerations: [{operator: Exists}]',
      },
      {
        environment_defaults: {
          extraContainers: [{ environment: 'cache', securityContext: { anything: 'goes' } }],
          tolerations: [{ operator: 'Exists' }],
        },
      },
    ],
  ];
  it.each(given)('%s', (_what, data, expected) => {
    expect(parseConfig({ ...least, ...data }, context)).toMatchObject(expected);
  });
});

describe('what is wrong is named with its place, its value and the remedy:', () => {
  const pod = (text: string) => ({ pod_defaults: `${least.pod_defaults}\n${text}` });
  const wrong: readonly (readonly [string, Readonly<Record<string, string>>, Partial<ConfigFault>, RegExp])[] = [
    ['a missing agent image', { pod_defaults: 'timeoutSeconds: 5' }, { path: 'pod_defaults.agentImage' }, /is required: give a text/],
    [
      'an unknown key',
      { ...least, pod_default: 'x' },
      { key: 'pod_default', path: 'pod_default' },
      /use one of job_namespace, pod_defaults, /,
    ],
    ['a key of every object', { ...least, constructor: 'x' }, { path: 'constructor' }, /is no key/],
    ['an unknown field', pod('timeout: 5'), { path: 'pod_defaults.timeout', line: 2 }, /is no field .* timeoutSeconds, /],
    ['an unknown field inside', pod('agentTokenSecret: {nme: x}'), { path: 'pod_defaults.agentTokenSecret.nme' }, /use one of name, key$/],
    [
      'a word for a number',
      pod('timeoutSeconds: soon'),
      { path: 'pod_defaults.timeoutSeconds', line: 2, value: 'soon' },
      /must be a number/,
    ],
    ['a number that is too low', pod('terminationGracePeriodSeconds: 3'), { value: 3 }, /must be at least 15/],
    ['a number that is too high', pod('maxPods: 1000'), { value: 1000 }, /must be at most 100/],
    ['a quantity', pod('resources: {requests: {memory: lots}}'), { path: 'pod_defaults.resources.requests.memory' }, /quantity/],
    ['an address', pod('agentEndpoint: localhost'), { value: 'localhost' }, /must be an http or https URL/],
    ['a word that is not in the list', { ...least, admission: 'fullQuota: ignore' }, { value: 'ignore' }, /wait, refuse/],
    ['text for an object', { ...least, policy: 'no' }, { path: 'policy', value: 'no' }, /must be an object/],
    [
      'a rule about no environment',
      { ...least, policy: 'environments: [{pipelines: [a]}]' },
      { path: 'policy.environments[0].environments' },
      /is required/,
    ],
    ['a relative path', { ...least, policy: 'hostPaths: [mnt]' }, { path: 'policy.hostPaths[0]', value: 'mnt' }, /absolute path/],
    ['a namespace', { ...least, job_namespace: 'CI jobs' }, { key: 'job_namespace', value: 'CI jobs' }, /lower-case letters/],
    ['text that is no YAML', { ...least, policy: 'a: 1\nb: [' }, { key: 'policy', path: 'policy', line: 2 }, /is not valid YAML: .*\]/],
    ['a doubled field', { ...least, policy: 'podPatch: true\npodPatch: false' }, { line: 2, value: 'podPatch: false' }, /unique/],
    ['two documents', { ...least, policy: '---\n{}\n---\n{}\n' }, { path: 'policy' }, /is not valid YAML/],
    ['an alias without anchor', { ...least, policy: 'podPatch: *x' }, { path: 'policy' }, /write the values out/],
    ['an alias that multiplies', { ...least, policy: bomb() }, { path: 'policy' }, /write the values out/],
    ['what no stack can hold', { ...least, policy: '['.repeat(50_000) }, { key: 'policy' }, /./],
    [
      'a container without image',
      { ...least, environment_defaults: 'initContainers: [{name: a}]' },
      { path: 'environment_defaults.initContainers[0]' },
      /must name an environment/,
    ],
    [
      'two containers of one name',
      { ...least, environment_defaults: 'extraContainers: [{environment: a}, {name: a, image: b}]' },
      { path: 'environment_defaults.extraContainers[1]' },
      /second container named a/,
    ],
    [
      'a probe of an init container',
      { ...least, environment_defaults: 'initContainers: [{environment: a, readinessProbe: {}}]' },
      { path: 'environment_defaults.initContainers[0].readinessProbe' },
      /extraContainers/,
    ],
    [
      'a toleration of everything by accident',
      { ...least, environment_defaults: 'tolerations: [{value: x}]' },
      { path: 'environment_defaults.tolerations[0].key' },
      /operator Exists only/,
    ],
    [
      'a value for Exists',
      { ...least, environment_defaults: 'tolerations: [{key: a, operator: Exists, value: x}]' },
      { value: 'x' },
      /left out/,
    ],
    [
      'seconds without NoExecute',
      { ...least, environment_defaults: 'tolerations: [{key: a, tolerationSeconds: 5}]' },
      { value: 5 },
      /NoExecute only/,
    ],
  ];
  it.each(wrong)('%s', (_what, data, where, problem) => {
    const faults = faultsOf(data);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject(where);
    expect(faults[0]?.problem).toMatch(problem);
  });

  it('all of it at once, one a line', () => {
    const data = { nonsense: '', job_namespace: '-', pod_defaults: 'maxPods: 0\nmore: 1', policy: '[', admission: 'dryRun: maybe' };
    const places = [
      'nonsense',
      'job_namespace',
      'pod_defaults.more',
      'pod_defaults.agentImage',
      'pod_defaults.maxPods',
      'admission.dryRun',
      'policy',
    ];
    expect(faultsOf(data).map(({ path }) => path)).toEqual(places);
    expect(() => parseConfig(data, context)).toThrow(/\n {2}pod_defaults\.maxPods \(line 1\): must be at least 1 \(found 0\)\n/);
  });
});

describe('whatever the ConfigMap holds,', () => {
  const keys = fc.oneof(
    fc.constantFrom('job_namespace', 'pod_defaults', 'job_spawner_config', 'admission', 'environment_defaults', 'policy', '__proto__'),
    fc.string(),
  );
  const fields = fc.constantFrom(
    'agentImage',
    'resources',
    'requests',
    'environments',
    'initContainers',
    'tolerations',
    'podLabels',
    '__proto__',
    'constructor',
    '<<',
  );
  const objects = fc.object({ key: fc.oneof(fields, fc.string()), maxDepth: 4, withNullPrototype: true });
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...Array.from('{}[]:,-&*!|>\'"%@#? \n\ta1~')) }),
    fc.json(),
    objects.map(object => stringify(object)),
    fc.tuple(objects, fc.string()).map(([object, more]) => stringify(object) + more),
  );

  it('reading it gives a configuration, or a ConfigError that names the key of each fault', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(keys, texts), { maxLength: 6 }), entries => {
        // Throws whatever is no ConfigError.
        const read = outcomeOf(Object.fromEntries(entries));
        expect(read.config !== undefined || read.faults.length > 0).toBe(true);
        expect(read.faults.filter(({ key, path }) => !path.startsWith(key))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Ten levels of ten aliases each. */
function bomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, index) => `l${index + 1}: &l${index + 1} [${Array.from({ length: 10 }, () => `*l${index}`).join(', ')}]`,
  );
  return ['l0: &l0 [x]', ...levels].join('\n');
}
