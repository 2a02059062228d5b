import type { BuildEnvironmentSpec } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { environmentProblems, neededEnvironments } from './environment-problems.ts';
import { byName, podDefaults, sampleEnvironment, sampleJob } from './testing/index.ts';

const db = sampleEnvironment('db', { container: { image: 'db' }, volumes: [{ name: 'data', emptyDir: {} }] });
const broken = sampleEnvironment('broken', { container: { image: 'x', resources: { limits: { disk: 1 } } } });
const settings = sampleEnvironment('settings');

function problemsOf(spec: BuildEnvironmentSpec, name = 'node') {
  return environmentProblems(sampleEnvironment(name, spec), byName([db, broken, settings]));
}

describe('what is wrong with an environment', () => {
  it.each<[string, BuildEnvironmentSpec, string, string, unknown]>([
    [
      'a sidecar that does not exist',
      { extraContainers: [{ environment: 'x' }] },
      'EnvironmentNotFound',
      'spec.extraContainers[0].environment',
      'x',
    ],
    [
      'an init container without image',
      { initContainers: [{ environment: 'settings' }] },
      'ImageMissing',
      'spec.initContainers[0]',
      undefined,
    ],
    ['a name of ours', { extraContainers: [{ name: 'agent', image: 'x' }] }, 'NameTaken', 'spec.extraContainers[0].name', 'agent'],
    [
      'a name twice',
      { initContainers: [{ name: 'a', image: 'x' }], extraContainers: [{ name: 'a', image: 'x' }] },
      'NameTaken',
      'spec.extraContainers[0].name',
      'a',
    ],
    ['a volume of ours', { volumes: [{ name: 'workspace', emptyDir: {} }] }, 'VolumeConflict', 'spec.volumes[0].name', 'workspace'],
    [
      "another volume of its sidecar's",
      { volumes: [{ name: 'data', emptyDir: { medium: 'Memory' } }], extraContainers: [{ environment: 'db' }] },
      'VolumeConflict',
      'environment db: spec.volumes[0].name',
      'data',
    ],
    [
      'a mount without volume',
      { container: { volumeMounts: [{ name: 'v', mountPath: '/a' }] } },
      'VolumeMissing',
      'spec.container.volumeMounts[0].name',
      'v',
    ],
    [
      'a mount over the workspace',
      { container: { volumeMounts: [{ name: 'v', mountPath: '/workspace' }] }, volumes: [{ name: 'v', emptyDir: {} }] },
      'VolumeConflict',
      'spec.container.volumeMounts[0].mountPath',
      '/workspace',
    ],
    [
      'requests above limits',
      { container: { resources: { requests: { cpu: 2 }, limits: { cpu: '1' } } } },
      'ResourcesInvalid',
      'spec.container.resources.requests.cpu',
      2,
    ],
    [
      'two architectures',
      { architecture: 'amd64', nodeSelector: { 'kubernetes.io/arch': 'arm64' } },
      'NodeRulesConflict',
      'spec.architecture',
      'amd64',
    ],
  ])('%s', (_what, spec, code, field, value) => {
    const found = problemsOf(spec);
    expect(found.map(({ code, field, value }) => ({ code, field, value }))).toStrictEqual([{ code, field, value }]);
  });

  it('is told of each of two entries that are the same', () => {
    const volumeMounts = [1, 2].map(() => ({ name: 'v', mountPath: '/a' }));
    expect(problemsOf({ container: { volumeMounts } }).map(({ field }) => field)).toStrictEqual([
      'spec.container.volumeMounts[0].name',
      'spec.container.volumeMounts[1].name',
      'spec.container.volumeMounts[1].mountPath',
    ]);
  });

  it.each<[string, BuildEnvironmentSpec]>([
    ['nothing', {}],
    ['a good sidecar', { extraContainers: [{ environment: 'db' }] }],
    ["a sidecar's own fault", { extraContainers: [{ environment: 'broken' }] }],
  ])('is not %s', (_what, spec) => {
    expect(problemsOf(spec)).toStrictEqual([]);
  });

  it("is the operator's token, where it is known", () => {
    const thief = sampleEnvironment('thief', { container: { envFrom: [{ secretRef: { name: 'bk-token' } }] } });
    const defaults = { ...podDefaults, agentTokenSecret: { name: 'bk-token', key: 'k' } };
    expect(environmentProblems(thief, new Map(), defaults)).toMatchObject([{ code: 'TokenExposed', field: 'spec.container.envFrom[0]' }]);
  });
});

describe('a circle of environments', () => {
  const naming = (name: string, ...targets: readonly string[]) =>
    sampleEnvironment(name, { container: { image: name }, extraContainers: targets.map(environment => ({ environment })) });

  it.each([
    ['of one', ['a'], [], 0, 'a → a'],
    ['of two', ['b'], [naming('b', 'a')], 0, 'a → b → a'],
    ['of three, beside others', ['d', 'b'], [naming('b', 'd', 'c'), naming('c', 'a'), naming('d')], 1, 'a → b → c → a'],
  ])('%s is refused, with the way round', (_title, targets, others, index, way) => {
    const [problem, ...more] = environmentProblems(naming('a', ...targets), byName(others));
    expect(more).toStrictEqual([]);
    expect(problem).toMatchObject({ code: 'EnvironmentCycle', field: `spec.extraContainers[${index}].environment`, value: targets[index] });
    expect(problem?.problem).toContain(`(${way})`);
  });

  it('of others is their own fault', () => {
    const others = byName([naming('b', 'c'), naming('c', 'b')]);
    expect(environmentProblems(naming('a', 'b'), others)).toStrictEqual([]);
  });
});

describe('the environments that a job needs', () => {
  const node = sampleEnvironment('node', { extraContainers: [{ environment: 'db' }], initContainers: [{ name: 'x', image: 'y' }] });

  it('are its own, those that its environment names, and those of its lists, there or not', () => {
    const job = sampleJob({ environment: 'node', initContainers: [{ environment: 'warm' }], extraContainers: [{ environment: 'db' }] });
    expect(neededEnvironments(job, byName([node]), podDefaults)).toStrictEqual(['db', 'node', 'warm']);
  });

  it("begin with the operator's default", () => {
    expect(neededEnvironments(sampleJob(), byName([node]), { environment: 'node' })).toStrictEqual(['db', 'node']);
    expect(neededEnvironments(sampleJob(), byName([node]), {})).toStrictEqual([]);
  });
});
