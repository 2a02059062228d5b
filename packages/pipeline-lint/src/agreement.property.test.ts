import {
  buildJobSpecFor,
  kubernetesKeys,
  operatorKeys,
  PipelineSettingsError,
  type SettingsProblem,
  settingsPlugins,
} from '@buildkite-operator/pipeline-settings';
import * as fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { lintPipeline } from './lint-pipeline.ts';

// A property takes a second or two; on a busy machine, more.
vi.setConfig({ testTimeout: 60_000 });

const words = [
  'containers',
  'env',
  'name',
  'value',
  'image',
  'command',
  'labels',
  'metadata',
  'a.b/c',
  'hostname',
  'limits',
  'resources',
  'cpu',
];
const key = fc.constantFrom(...kubernetesKeys, ...operatorKeys, ...words);
const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(null, true, 5, -1, '', 'a', 'A B', 'container-0', 'Always'),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
  ),
}));
const block = fc.dictionary(key, tree, { maxKeys: 4 });
const plugins = fc.array(fc.tuple(fc.constantFrom('kubernetes', 'buildkite-operator'), block), { maxLength: 3 });
const agents = fc.dictionary(fc.constantFrom('arch', 'os', 'a,b'), fc.constantFrom('', 'x', 'x,y'), { maxKeys: 2 });

/** What the service that takes jobs says of the step. */
function problemsOfJob(step: {
  readonly plugins: readonly [string, unknown][];
  readonly agents: Readonly<Record<string, string>>;
  readonly image: string;
}) {
  const json = step.plugins.map(([name, settings]) => ({ [Reflect.get(settingsPlugins, name)]: settings }));
  try {
    buildJobSpecFor({
      id: '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b',
      command: 'make',
      env: { BUILDKITE_PLUGINS: JSON.stringify(json), BUILDKITE_IMAGE: step.image },
      agentQueryRules: Object.entries({ queue: 'bk-operator', ...step.agents }).map(([tag, value]) => `${tag}=${value}`),
    });
    return [];
  } catch (error) {
    if (error instanceof PipelineSettingsError) return error.problems.map(lineOf);
    throw error;
  }
}

function lineOf({ block, path, problem }: SettingsProblem): string {
  return `${block}${path === '' ? '' : `${path.startsWith('[') ? '' : '.'}${path}`}: ${problem}`;
}

it('a pipeline has the errors that its job would have, and no other', () => {
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(plugins, agents, fc.constantFrom('', 'node:24', 'a b'), (plugins, agents, image) => {
      fc.pre(!plugins.some(([, settings]) => typeof settings['podTemplate'] === 'string'));
      const step = {
        command: 'make',
        image,
        agents: { queue: 'bk-operator', ...agents },
        plugins: plugins.map(([name, settings]) => ({ [name]: settings })),
      };
      const found = lintPipeline(stringify({ steps: ['wait', step] }), { queues: ['bk-operator'] });
      const errors = found.filter(({ severity }) => severity === 'error');
      expect(errors.map(({ field, problem }) => `${field}: ${problem}`).toSorted()).toEqual(
        [...new Set(problemsOfJob({ plugins, agents, image }))].toSorted(),
      );
      seen.add(errors.length > 0);
    }),
    { numRuns: 400 },
  );
  expect(seen.size).toBe(2);
});

it('an unknown key is shown where it is written', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words, 'env'), { minLength: 1, maxLength: 5 }), path => {
      const settings = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), { noSuchKey: 1 });
      const step = { command: 'a', agents: { queue: 'bk-operator' }, plugins: [{ kubernetes: { podSpecPatch: settings } }] };
      const text = stringify({ steps: [step] });
      const [finding] = lintPipeline(text, { queues: ['bk-operator'] });
      const last = /([\w-]+|\[[^\]]*\])$/.exec(finding?.field ?? '')?.[1] ?? '';
      expect(text.split('\n')[(finding?.line ?? 0) - 1]).toContain(`${last.replace(/^\[(.*)\]$/, '$1')}:`);
    }),
  );
});
