import type { BuildJobSpec } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { buildJobSpecFor, podTemplateOf } from './build-job-spec.ts';
import { operatorKeys } from './operator-block.ts';
import type { PipelineJob, SettingsContext } from './settings-context.ts';
import { describeSettingsProblem, PipelineSettingsError } from './settings-problem.ts';
import { type Blocks, problemsOf, sampleId, sampleJob } from './testing/sample-job.ts';

function specOf(blocks: Blocks, context: SettingsContext = {}, more: Partial<PipelineJob> = {}): BuildJobSpec {
  return buildJobSpecFor(sampleJob(blocks, more), context).spec;
}

function lines(blocks: Blocks, context: SettingsContext = {}, more: Partial<PipelineJob> = {}): readonly string[] {
  return problemsOf(sampleJob(blocks, more), context).map(describeSettingsProblem);
}

describe('a step without plugins', () => {
  it('becomes a BuildJob with its command, its tags and where it comes from', () => {
    const env = {
      BUILDKITE_PIPELINE_SLUG: 'web',
      BUILDKITE_BRANCH: 'main',
      BUILDKITE_BUILD_URL: 'https://buildkite.com/a/web/builds/1',
      BUILDKITE_STEP_KEY: 'test',
    };
    const agentQueryRules = ['queue=builders', 'arch=arm64', 'gpu'];
    expect(buildJobSpecFor({ id: sampleId, env, command: 'make\ntest', agentQueryRules, priority: 3 })).toMatchObject({
      spec: {
        command: 'make\ntest',
        buildkite: {
          jobId: sampleId,
          queue: 'builders',
          pipeline: 'web',
          branch: 'main',
          buildUrl: 'https://buildkite.com/a/web/builds/1',
          stepKey: 'test',
          priority: 3,
          agentTags: { arch: 'arm64', gpu: '' },
        },
        cancelled: false,
      },
      notices: [],
    });
  });

  it.each([
    ['the queue is the one it was taken from', { queue: 'q' }, {}, { buildkite: { jobId: sampleId, queue: 'q' } }],
    ['the image is the step’s', {}, { env: { BUILDKITE_IMAGE: 'node:24' } }, { image: 'node:24' }],
    ['the command may stand in its environment', {}, { command: undefined, env: { BUILDKITE_COMMAND: 'ls' } }, { command: 'ls' }],
    ['a priority out of range is the nearest one', {}, { priority: 2 ** 40 }, { buildkite: { priority: 2 ** 31 - 1 } }],
    ['a long branch is cut', {}, { env: { BUILDKITE_BRANCH: 'x'.repeat(2000) } }, { buildkite: { branch: 'x'.repeat(1024) } }],
  ])('%s', (_, context, more, expected) => {
    expect(specOf([], context, more)).toMatchObject(expected);
  });

  it('needs no command, for a plugin may bring one', () => {
    expect(specOf([], {}, { command: '' })).toEqual({ buildkite: { jobId: sampleId }, cancelled: false });
  });

  it.each<[string, Partial<PipelineJob>, string]>([
    ['an image with spaces', { env: { BUILDKITE_IMAGE: 'a b' } }, 'image: must be an image reference without spaces'],
    ['an id that is none', { id: 'X' }, 'job.id: must be a lower-case UUID (found "X")'],
    ['a command of a megabyte', { command: 'x'.repeat(1_000_001) }, 'job.command: must have at most 1000000 characters'],
    ['a tag with a comma', { agentQueryRules: ['a=b,c'] }, 'agents.a: must be without a comma'],
    ['a tag without a name', { agentQueryRules: ['=b'] }, 'agents: must be a tag and its value, like queue=builders (found "=b")'],
    ['a tag that is too long', { agentQueryRules: [`a=${'b'.repeat(300)}`] }, 'agents.a: must have at most 255 characters'],
  ])('%s is refused', (_, more, line) => {
    expect(lines([], {}, more)).toEqual([expect.stringContaining(line)]);
  });
});

describe('the resource class', () => {
  const small = {
    resources: { requests: { cpu: '1' } },
    nodeSelector: { size: 's' },
    tolerations: [{ key: 'ci', operator: 'Exists' as const }],
  };
  const resourceClasses = new Map([['small', small]]);

  it('is named by the tag, which the agent carries, too', () => {
    expect(specOf([], { resourceClasses }, { agentQueryRules: ['resource_class=small'] })).toMatchObject({
      ...small,
      buildkite: { agentTags: { resource_class: 'small' } },
    });
  });

  it('is the default one of a job that names none', () => {
    expect(specOf([], { resourceClasses, defaultResourceClass: 'small' })).toMatchObject(small);
  });

  it('gives way to the block, resource by resource', () => {
    const block = { resources: { requests: { memory: '1Gi' } }, nodeSelector: { size: 'l' }, tolerations: [{ operator: 'Exists' }] };
    const spec = specOf([{ 'buildkite-operator': block }], { resourceClasses, defaultResourceClass: 'small' });
    expect(spec.resources).toEqual({ requests: { cpu: '1', memory: '1Gi' } });
    expect(spec.nodeSelector).toEqual({ size: 'l' });
    expect(spec.tolerations).toEqual([...small.tolerations, { operator: 'Exists' }]);
  });

  it.each([
    [{ resourceClasses }, 'agents.resource_class: is no resource class: did you mean small? There are small (found "smal")'],
    [{}, 'agents.resource_class: is no resource class: the platform has none, leave it out (found "smal")'],
  ])('must be one of the platform’s', (context, line) => {
    expect(lines([], context, { agentQueryRules: ['resource_class=smal'] })).toEqual([line]);
  });
});

const secondContainer = { name: 'db', environment: 'postgres' };

/** For each key of the block a value, and one that is wrong, with the beginning of what is said about it. */
const operatorSamples: Readonly<Record<string, readonly [good: unknown, bad: unknown, line: string]>> = {
  environment: ['node', 'No Name', 'environment: must be a Kubernetes object name'],
  image: ['node:24', '', 'image: must have at least 1 characters'],
  env: [[{ name: 'A', value: '1' }], [{ name: 'A' }, { name: 'A' }], 'env[1].name: stands in the list twice'],
  resources: [{ limits: { cpu: 1 } }, { limit: {} }, 'resources.limit: is no known key: did you mean limits?'],
  jobNodeRequirements: [
    [{ key: 'a', operator: 'Exists' }],
    [{ key: 'a', operator: 'In' }],
    'jobNodeRequirements[0].values: In and NotIn need',
  ],
  jobNodePreferences: [
    [{ weight: 1, requirements: [{ key: 'a', operator: 'Gt', values: ['1'] }] }],
    [{ weight: 1, requirements: [{ key: 'a', operator: 'Gt', values: ['x'] }] }],
    'jobNodePreferences[0].requirements[0].values: Gt and Lt need',
  ],
  commandContainers: [
    [{ name: 'lint', command: 'make lint' }],
    [{ name: 'lint', command: ['make'] }],
    'commandContainers[0].command: must be a text',
  ],
  initContainers: [
    [{ environment: 'migrate' }],
    [{ environment: 'migrate', startupProbe: {} }],
    'initContainers: probes and lifecycle hooks are for sidecars',
  ],
  extraContainers: [[secondContainer], [secondContainer, secondContainer], 'extraContainers: two containers have the same name'],
  tolerations: [[{ operator: 'Exists' }], [{ key: '' }], 'tolerations[0].operator: an empty key needs operator Exists'],
  nodeSelector: [{ disk: 'ssd' }, { 'not good': 'x' }, 'nodeSelector[not good]: has a key that is not allowed'],
  architecture: ['arm64', 'ARM', 'architecture: must be an architecture'],
  operatingSystem: ['linux', 'Linux', 'operatingSystem: must be one of linux, windows'],
  topologySpreadConstraints: [
    [{ maxSkew: 1 }],
    [{ maxskew: 1 }],
    'topologySpreadConstraints[0].maxskew: is no known key: did you mean maxSkew?',
  ],
  priorityClassName: ['high', 'High', 'priorityClassName: must be a Kubernetes object name'],
  runtimeClassName: ['kata', 5, 'runtimeClassName: must be a text'],
  podLabels: [{ team: 'web' }, { team: '-' }, 'podLabels.team: must be empty, or letters'],
  podAnnotations: [
    { note: 'x' },
    Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`n${index}`, ''])),
    'podAnnotations: has 51 entries, more than the 50',
  ],
  serviceAccountName: ['ci', 'CI', 'serviceAccountName: must be a Kubernetes object name'],
  repoMirror: [{ mode: 'dissociate' }, { mode: 'copy' }, 'repoMirror.mode: must be one of reference, dissociate'],
  logExporter: [{ enabled: false }, { enable: false }, 'logExporter.enable: is no known key: did you mean enabled?'],
  artifactExporter: [{ settings: { a: 'b' } }, { settings: { a: 1 } }, 'artifactExporter.settings.a: must be a text'],
  metricsExporter: [{ enabled: true }, true, 'metricsExporter: must be an object'],
  checkout: [{ cloneFlags: '-v' }, { noSubmodules: true }, 'checkout.noSubmodules: is no known key: did you mean submodules?'],
  podPatch: [{ affinity: null }, { afinity: {} }, 'podPatch.afinity: is no known key: did you mean affinity?'],
  timeoutSeconds: [60, 0, 'timeoutSeconds: must be at least 1 (found 0)'],
  pendingTimeoutSeconds: [60, 1.5, 'pendingTimeoutSeconds: must be a whole number'],
  ttlSecondsAfterFinished: [0, -1, 'ttlSecondsAfterFinished: must be at least 0'],
  terminationGracePeriodSeconds: [15, 14, 'terminationGracePeriodSeconds: must be at least 15'],
};

describe('the buildkite-operator block', () => {
  it('has these keys', () => {
    expect(Object.keys(operatorSamples).toSorted()).toEqual(operatorKeys.toSorted());
  });

  it.each(Object.entries(operatorSamples))('%s is the BuildJob’s', (key, [value]) => {
    expect(specOf([{ 'buildkite-operator': { [key]: value } }])).toEqual({
      buildkite: { jobId: sampleId },
      command: 'make',
      [key]: value,
      cancelled: false,
    });
  });

  it.each(Object.entries(operatorSamples))('a wrong %s is refused', (key, [, value, line]) => {
    expect(lines([{ 'buildkite-operator': { [key]: value } }])).toEqual([expect.stringContaining(`buildkite-operator.${line}`)]);
  });

  it.each(operatorKeys)('%s is refused where the platform does not allow it', key => {
    const allowedKeys = { 'buildkite-operator': operatorKeys.filter(other => other !== key) };
    expect(lines([{ 'buildkite-operator': { [key]: operatorSamples[key]?.[0] } }], { allowedKeys })).toEqual([
      expect.stringContaining(`buildkite-operator.${key}: is not allowed here: remove it, or ask the platform for it`),
    ]);
  });

  it.each([
    ['command', 'x', "is the step's own `command`"],
    ['cancelled', true, "cancel the job on Buildkite's page"],
    ['buildkite', {}, 'is made from the job itself'],
    ['enviroment', 'x', 'is no known key: did you mean environment?'],
    ['node-selector', {}, 'is no known key: did you mean nodeSelector?'],
    ['zzz', 1, 'is no known key: remove it, or use one of architecture, '],
    ['podLabels', { 'buildkite-operator.io/job-id': 'x' }, "is the operator's own: choose a key outside of buildkite-operator.io/"],
  ])('%s is refused with a remedy', (key, value, remedy) => {
    expect(lines([{ 'buildkite-operator': { [key]: value } }])).toEqual([expect.stringContaining(remedy)]);
  });

  it('tells every problem at once, of both blocks, in one error', () => {
    const job = sampleJob([{ 'buildkite-operator': { a: 1, timeoutSeconds: 0 } }, { kubernetes: { podSpecs: {} } }]);
    expect(() => buildJobSpecFor(job)).toThrow(PipelineSettingsError);
    expect(problemsOf(job).map(({ block, path, value }) => [block, path, value])).toEqual([
      ['kubernetes', 'podSpecs', {}],
      ['buildkite-operator', 'timeoutSeconds', 0],
      ['buildkite-operator', 'a', 1],
    ]);
  });

  it('looks into parts that are passed on to the pod', () => {
    const block = {
      extraContainers: [{ name: 'a', image: 'b', securityContext: { runAsUsr: 1 } }],
      env: [{ name: 'A', valueFrom: { secretKeyref: {} } }],
    };
    expect(lines([{ 'buildkite-operator': block }])).toEqual([
      expect.stringContaining('extraContainers[0].securityContext.runAsUsr: is no known key: did you mean runAsUser?'),
      expect.stringContaining('env[0].valueFrom.secretKeyref: is no known key: did you mean secretKeyRef?'),
    ]);
  });

  it('wins over the kubernetes block and over the image of the step; lists have both', () => {
    const kubernetes = {
      podSpec: {
        containers: [
          {
            image: 'a',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '1' },
            ],
          },
        ],
        hostname: 'h',
      },
      sidecars: [{ image: 'redis' }],
      checkout: { cloneFlags: '-v', fetchFlags: '-v' },
    };
    const block = {
      image: 'c',
      env: [{ name: 'A', value: '2' }],
      extraContainers: [{ environment: 'db' }],
      checkout: { cloneFlags: '-q' },
      podPatch: { subdomain: 's' },
    };
    expect(specOf([{ 'buildkite-operator': block }, { kubernetes }], {}, { env: { BUILDKITE_IMAGE: 'b' } })).toMatchObject({
      image: 'c',
      env: [
        { name: 'A', value: '2' },
        { name: 'B', value: '1' },
      ],
      extraContainers: [{ name: 'sidecar-0', image: 'redis' }, { environment: 'db' }],
      checkout: { cloneFlags: '-q', fetchFlags: '-v' },
      podPatch: { hostname: 'h', subdomain: 's' },
    });
  });

  it('cannot have a patch where the kubernetes block has one', () => {
    expect(lines([{ kubernetes: { podSpecPatch: {} } }, { 'buildkite-operator': { podPatch: {} } }])).toEqual([
      'buildkite-operator.podPatch: stands beside podSpecPatch of the kubernetes block, and a job has one patch: write both into one of them',
    ]);
  });

  it('and the kubernetes block cannot bring two sidecars of one name', () => {
    expect(
      lines([{ kubernetes: { sidecars: [{ name: 'db', image: 'x' }] } }, { 'buildkite-operator': { extraContainers: [secondContainer] } }]),
    ).toEqual([expect.stringContaining('buildkite-operator.extraContainers: two containers have the same name')]);
  });
});

describe('the list of plugins', () => {
  const json = (text: string) => lines([], {}, { env: { BUILDKITE_PLUGINS: text } });

  it.each(['', ' ', '[]', 'null', '["github.com/buildkite-plugins/docker-buildkite-plugin#v5"]', '[{"x":{"image":5}}]'])(
    '%j holds no settings',
    text => {
      expect(json(text)).toEqual([]);
    },
  );

  it.each([
    ['{', 'plugins: are no JSON'],
    ['{}', 'plugins: must be a list of plugins'],
    ['[5]', 'plugins: must each be one plugin'],
    ['[{}]', 'plugins: must each be one plugin'],
    ['[{"a":1,"b":2}]', 'plugins: must each be one plugin'],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'plugins: are nested deeper than 64 levels'],
    [
      '[{"github.com/buildkite-plugins/kubernetes-buildkite-plugin#v1":{}}]',
      'has a version, and there is none to choose: write kubernetes alone',
    ],
    ['[{"github.com/buildkite-plugins/kubernetes-buildkite-plugin":5}]', 'kubernetes: must be an object (found 5)'],
    ['[{"github.com/buildkite-plugins/buildkite-operator-buildkite-plugin":[]}]', 'buildkite-operator: must be an object (found [])'],
  ])('%.60s is refused', (text, line) => {
    expect(json(text)).toEqual([expect.stringContaining(line)]);
  });

  it('several blocks of one plugin are laid over one another', () => {
    const blocks = [
      { kubernetes: { checkout: { cloneFlags: '-a', fetchFlags: '-b' } } },
      { docker: {} },
      { kubernetes: { checkout: { cloneFlags: '-c' } } },
    ];
    expect(specOf(blocks).checkout).toEqual({ cloneFlags: '-c', fetchFlags: '-b' });
  });

  it('a key without a value is no setting', () => {
    const blocks = [{ kubernetes: null }, { 'buildkite-operator': { image: null, checkout: { skip: null } } }];
    expect(specOf(blocks)).toEqual({ buildkite: { jobId: sampleId }, command: 'make', checkout: {}, cancelled: false });
  });

  it('tells which PodTemplate must be read', () => {
    const template = (block: object) => podTemplateOf(sampleJob([{ kubernetes: block }]));
    expect([{ podTemplate: 'big' }, { podTemplate: 'big', podSpec: {} }, { podTemplate: 5 }, {}].map(template)).toEqual([
      'big',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('a wrong PodTemplate is the platform’s fault, and is told as one', () => {
    expect(lines([{ kubernetes: { podTemplate: 'big' } }], { podTemplates: new Map([['big', { hostnam: 'x' }]]) })).toEqual([
      expect.stringContaining('kubernetes.podTemplate.hostnam: is no known key: did you mean hostname?'),
    ]);
  });
});

describe('a variable of the job', () => {
  const long = 'x'.repeat(131_072);

  it('that no process can be given is refused by its name', () => {
    expect(lines([], {}, { env: { BIG: long, SMALL: 'x' } })).toEqual([
      'job.env.BIG: has 131072 bytes, and no process can be given a variable of 128 KiB and more: put it into a file or an artifact',
    ]);
  });

  it.each([
    ['128 KiB', long],
    ['as much as the variable for commands takes, but not this one', 'x'.repeat(131_072 - 'BUILDKITE_COMMAND=\0'.length)],
    ['a megabyte', 'x'.repeat(1_000_000)],
  ])('may repeat the command: %s', (_what, command) => {
    const env = { BUILDKITE_COMMAND: command, BUILDKITE_SCRIPT_PATH: command };
    expect(specOf([], {}, { env, command })).toMatchObject({ command });
  });

  it('may not repeat so long a command where the kubernetes block replaces it by a short one', () => {
    const kubernetes = { podSpec: { containers: [{ image: 'busybox', command: ['make'] }] } };
    expect(lines([{ kubernetes }], {}, { env: { BUILDKITE_SCRIPT_PATH: long }, command: long })).toEqual([
      expect.stringMatching(/^job\.command: has 131072 bytes, .*\(BUILDKITE_SCRIPT_PATH\): the kubernetes block replaces this command/),
    ]);
  });

  it('may be one of many, and the command may be long', () => {
    const env = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`PART_${at}`, 'x'.repeat(60_000)]));
    expect(specOf([], {}, { env: { ...env, BUILDKITE_COMMAND: long, BUILDKITE_MESSAGE: long }, command: long })).toMatchObject({
      command: long,
    });
  });
});
