import type { BuildEnvironmentSpec, BuildJobSpec, ResourceRequirements } from '@buildkite-operator/crds';
import { describe, expect, it } from 'vitest';
import { type Composition, compose } from './compose.ts';
import { mergeResources } from './container-resources.ts';
import type { Problem } from './problem.ts';
import { mergeEnv } from './resolve-container.ts';
import { byName, podDefaults, sampleEnvironment, sampleJob } from './testing/index.ts';

interface Given {
  readonly job?: Partial<BuildJobSpec>;
  readonly environments?: Readonly<Record<string, BuildEnvironmentSpec>>;
  readonly defaults?: Partial<typeof podDefaults>;
}

function attempt({ job = {}, environments = {}, defaults = {} }: Given): { composition: Composition; problems: Problem[] } {
  const made = Object.entries(environments).map(([name, spec]) => sampleEnvironment(name, spec));
  const problems: Problem[] = [];
  const composition = compose(sampleJob(job), byName(made), { ...podDefaults, ...defaults }, problem => problems.push(problem));
  return { composition, problems };
}

function composed(given: Given): Composition {
  const { composition, problems } = attempt(given);
  expect(problems).toStrictEqual([]);
  return composition;
}

const problemsOf = (given: Given) => attempt(given).problems;

describe('the environment of a job', () => {
  const environments = { node: { description: 'the default' }, go: { description: 'the named' } };

  it.each([
    ['is the one that the job names', { environment: 'go' }, { environment: 'node' }, 'go'],
    ["is the operator's default where the job names none", {}, { environment: 'node' }, 'node'],
    ['is none where nobody names one', {}, {}, undefined],
  ])('%s', (_title, job, defaults, environmentName) => {
    const composition = composed({ job, environments, defaults });
    const description = environmentName === undefined ? undefined : environments[environmentName === 'go' ? 'go' : 'node'].description;
    expect({ name: composition.environmentName, description: composition.environment.description }).toStrictEqual({
      name: environmentName,
      description,
    });
  });

  it.each<[string, Given, string]>([
    ['of the job', { job: { environment: 'missing' } }, 'spec.environment'],
    ['of the operator', { defaults: { environment: 'missing' } }, 'spec.environment'],
    ['of an init container', { job: { initContainers: [{ environment: 'missing' }] } }, 'spec.initContainers[0].environment'],
    [
      'of a sidecar',
      { job: { extraContainers: [{ name: 'a', image: 'b' }, { environment: 'missing' }] } },
      'spec.extraContainers[1].environment',
    ],
    [
      "of an environment's own sidecar",
      { job: { environment: 'go' }, environments: { go: { extraContainers: [{ environment: 'missing' }] } } },
      'environment go: spec.extraContainers[0].environment',
    ],
  ])('that does not exist is refused: %s', (_title, given, field) => {
    expect(problemsOf(given)).toMatchObject([{ code: 'EnvironmentNotFound', field, value: 'missing' }]);
  });

  it('that does not exist is refused with those that do', () => {
    const [problem] = problemsOf({ job: { environment: 'nod' }, environments: { node: {}, go: {} } });
    expect(problem?.problem).toBe('is no BuildEnvironment in the namespace (it has go, node); create it or name another');
  });
});

describe('the image of the command', () => {
  const environments = { node: { container: { image: 'node:24' } }, bare: { container: {} } };

  it.each([
    ["is the job's", { image: 'mine', environment: 'node' }, 'mine'],
    ["is the environment's where the job has none", { environment: 'node' }, 'node:24'],
    ["is the operator's where neither has one", { environment: 'bare' }, podDefaults.image],
    ["is the operator's without environment", {}, podDefaults.image],
  ])('%s', (_title, job, image) => {
    expect(composed({ job, environments }).commands[0].template.image).toBe(image);
  });
});

describe('maps', () => {
  const layers: (ResourceRequirements | undefined)[] = [
    { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2' } },
    { requests: { cpu: '2' }, limits: { memory: '3Gi' } },
    undefined,
    { requests: { memory: 5 } },
  ];

  it('merge key by key, the later layer wins', () => {
    expect(mergeResources(...layers)).toStrictEqual({ requests: { cpu: '2', memory: 5 }, limits: { cpu: '2', memory: '3Gi' } });
  });

  it('are left out where they are empty', () => {
    expect(mergeResources({ requests: {} }, {})).toStrictEqual({});
  });

  it("of a job lie over its environment's, and those over the operator's", () => {
    const [{ template: command }] = composed({
      job: { environment: 'node', resources: { requests: { cpu: '3' } } },
      environments: { node: { container: { resources: { requests: { cpu: '2', memory: '2Gi' } } } } },
      defaults: { resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '4Gi' } } },
    }).commands;
    expect(command.resources).toStrictEqual({ requests: { cpu: '3', memory: '2Gi' }, limits: { memory: '4Gi' } });
  });
});

describe('variables', () => {
  it('merge by name, the later list wins, in the order of first mention', () => {
    const secret = { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } };
    expect(
      mergeEnv(
        [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
        undefined,
        [secret, { name: 'C', value: '3' }],
      ),
    ).toStrictEqual([{ name: 'A', value: '1' }, secret, { name: 'C', value: '3' }]);
  });

  it("of a job lie over its environment's", () => {
    const [{ template: command }] = composed({
      job: { environment: 'node', env: [{ name: 'B', value: 'job' }] },
      environments: { node: { container: { env: ['A', 'B'].map(name => ({ name, value: 'environment' })) } } },
    }).commands;
    expect(command.env).toStrictEqual([
      { name: 'A', value: 'environment' },
      { name: 'B', value: 'job' },
    ]);
  });
});

describe('lists of containers', () => {
  const environments = {
    node: { initContainers: [{ name: 'first', image: 'a' }], extraContainers: [{ name: 'beside', image: 'b' }] },
    postgres: { container: { image: 'postgres:17', command: ['serve'], env: [{ name: 'A', value: '1' }] } },
  };

  it("are the environment's, then the job's", () => {
    const { initContainers, sidecars } = composed({
      job: {
        environment: 'node',
        initContainers: [{ name: 'second', image: 'c' }],
        extraContainers: [{ name: 'db', environment: 'postgres' }],
      },
      environments,
    });
    expect([initContainers, sidecars].map(list => list.map(({ name, field }) => [name, field]))).toStrictEqual([
      [
        ['first', 'environment node: spec.initContainers[0]'],
        ['second', 'spec.initContainers[0]'],
      ],
      [
        ['beside', 'environment node: spec.extraContainers[0]'],
        ['db', 'spec.extraContainers[0]'],
      ],
    ]);
  });

  it("take an environment's template, with what the entry says over it", () => {
    const { sidecars } = composed({
      job: { extraContainers: [{ environment: 'postgres', essential: true, args: ['-v'], env: [{ name: 'B', value: '2' }] }] },
      environments,
    });
    expect(sidecars).toMatchObject([
      {
        name: 'postgres',
        environmentName: 'postgres',
        essential: true,
        field: 'spec.extraContainers[0]',
        template: {
          image: 'postgres:17',
          command: ['serve'],
          args: ['-v'],
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
          resources: {},
        },
      },
    ]);
  });

  it.each([
    ['sidecars keep', 'extraContainers', ['startupProbe', 'livenessProbe', 'readinessProbe', 'lifecycle']],
    ['init containers lack', 'initContainers', []],
  ] as const)("%s an environment's probes and hooks", (_title, list, kept) => {
    const parts = { startupProbe: { a: 1 }, livenessProbe: { a: 2 }, readinessProbe: { a: 3 }, lifecycle: { preStop: {} } };
    const { initContainers, sidecars } = composed({
      job: { [list]: [{ environment: 'db' }] },
      environments: { db: { container: { image: 'db', ...parts } } },
    });
    const [container] = [...initContainers, ...sidecars];
    expect(Object.keys(container?.template ?? {}).filter(name => name in parts)).toStrictEqual(kept);
  });

  it('need an image, in the entry or its environment', () => {
    const [problem] = problemsOf({ job: { initContainers: [{ environment: 'empty' }] }, environments: { empty: {} } });
    expect(problem).toMatchObject({ code: 'ImageMissing', field: 'spec.initContainers[0]' });
    expect(problem?.problem).toContain('set container.image in the environment or image here');
  });
});

describe('volumes', () => {
  const cache = { name: 'cache', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } };
  const sameCache = { name: 'cache', emptyDir: { sizeLimit: '1Gi', medium: 'Memory' } };

  it('are those of every environment that the job uses, each once', () => {
    const { volumes } = composed({
      job: { environment: 'node', initContainers: [{ environment: 'warm' }], extraContainers: [{ environment: 'db' }] },
      environments: {
        node: { volumes: [cache] },
        warm: { container: { image: 'a' }, volumes: [sameCache] },
        db: { container: { image: 'b' }, volumes: [{ name: 'data', emptyDir: {} }] },
        unused: { volumes: [{ name: 'unused', emptyDir: {} }] },
      },
    });
    expect(volumes).toStrictEqual([cache, { name: 'data', emptyDir: {} }]);
  });

  it('of one name that differ are refused, with both environments', () => {
    const problems = problemsOf({
      job: { environment: 'node', extraContainers: [{ environment: 'db' }] },
      environments: { node: { volumes: [cache] }, db: { container: { image: 'b' }, volumes: [{ name: 'cache', emptyDir: {} }] } },
    });
    expect(problems).toStrictEqual([
      {
        code: 'VolumeConflict',
        field: 'environment db: spec.volumes[0].name',
        value: 'cache',
        problem: 'is another volume in environment node, and the pod would have both; rename one',
      },
    ]);
  });

  it.each(['workspace', 'agent-token', 'agent-hooks', 'git-credentials'])("with the operator's own name %s are refused", name => {
    const problems = problemsOf({ job: { environment: 'node' }, environments: { node: { volumes: [cache, { name, emptyDir: {} }] } } });
    expect(problems).toMatchObject([{ code: 'VolumeConflict', field: 'environment node: spec.volumes[1].name', value: name }]);
  });
});

describe('further containers with commands', () => {
  const environments = {
    node: { container: { image: 'node:24', env: [{ name: 'A', value: 'node' }] }, volumes: [{ name: 'cache', emptyDir: {} }] },
    go: { container: { image: 'go:2', resources: { limits: { cpu: 2 } } }, volumes: [{ name: 'modules', emptyDir: {} }] },
  };

  it("are in the job's environment unless they name one, and bring its volumes", () => {
    const { commands, volumes } = composed({
      job: {
        environment: 'node',
        command: 'make',
        env: [{ name: 'A', value: 'main' }],
        commandContainers: [
          { name: 'lint', command: 'make lint', env: [{ name: 'B', value: 'lint' }] },
          { name: 'docs', environment: 'go', image: 'docs:1', resources: { limits: { memory: '1Gi' } } },
        ],
      },
      environments,
      defaults: { resources: { requests: { cpu: '1' } } },
    });
    expect(commands.map(({ name, command, template: { image, env, resources } }) => ({ name, command, image, env, resources }))).toEqual([
      {
        name: 'container-0',
        command: 'make',
        image: 'node:24',
        env: [{ name: 'A', value: 'main' }],
        resources: { requests: { cpu: '1' } },
      },
      {
        name: 'lint',
        command: 'make lint',
        image: 'node:24',
        env: [
          { name: 'A', value: 'node' },
          { name: 'B', value: 'lint' },
        ],
        resources: { requests: { cpu: '1' } },
      },
      { name: 'docs', command: '', image: 'docs:1', env: [], resources: { requests: { cpu: '1' }, limits: { cpu: 2, memory: '1Gi' } } },
    ]);
    expect(volumes.map(({ name }) => name)).toEqual(['cache', 'modules']);
  });

  it('name environments that there are', () => {
    expect(problemsOf({ job: { commandContainers: [{ name: 'docs', environment: 'gp' }] }, environments })).toMatchObject([
      { code: 'EnvironmentNotFound', field: 'spec.commandContainers[0].environment', value: 'gp' },
    ]);
  });
});
