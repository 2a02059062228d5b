import { inspect, isDeepStrictEqual } from 'node:util';
import { buildJobSpec } from '@buildkite-operator/crds';
import { toStructuralSchema } from '@buildkite-operator/crds/toolkit';
import { settingsPlugins } from '@buildkite-operator/podspec';
import { renderCases } from '@buildkite-operator/podspec/testing';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { buildJobSpecFor } from './build-job-spec.ts';
import { kubernetesKeys } from './kubernetes/plugin-schema.ts';
import { operatorBlock, operatorKeys } from './operator-block.ts';
import { fieldsOfPodType } from './pod-types/pod-type-schema.ts';
import { structureFaults } from './schema-problems.ts';
import type { PipelineJob } from './settings-context.ts';
import { PipelineSettingsError } from './settings-problem.ts';
import { badValue, goodValue } from './testing/pod-samples.ts';
import { sampleId, sampleJob } from './testing/sample-job.ts';

// A property takes a second or two; on a busy machine, more.
vi.setConfig({ testTimeout: 60_000 });

const structure = toStructuralSchema(buildJobSpec, 'spec');

/** What becomes of a job: only `spec` and `refused` may. */
function verdict(job: PipelineJob): string {
  try {
    const { spec } = buildJobSpecFor(job);
    const faults = structureFaults(structure, spec);
    return isDeepStrictEqual(buildJobSpec.parse(spec), spec) && faults.length === 0 ? 'spec' : `faults: ${JSON.stringify(faults)}`;
  } catch (error) {
    return error instanceof PipelineSettingsError && error.problems.length > 0 ? 'refused' : inspect(error);
  }
}

const allowed = ['refused', 'spec'];

const names = [...fieldsOfPodType('PodSpec').keys(), ...fieldsOfPodType('Container').keys(), ...kubernetesKeys, ...operatorKeys];
const key = fc.oneof(
  fc.constantFrom(...names),
  fc.constantFrom('__proto__', 'constructor', '$patch', '', 'toString'),
  fc.string({ maxLength: 5 }),
);
const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.constantFrom<unknown>(null, true, '', 'agent', 'container-0', 'Always', -1, 1e300), fc.string({ maxLength: 8 })),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map(entries => Object.fromEntries(entries)),
  ),
}));

/** A pod's spec or a container with a few fields, most of the right type. */
const part = (type: string): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .array(fc.tuple(fc.constantFrom(...fieldsOfPodType(type)), fc.integer({ min: 0, max: 20 })), { maxLength: 4 })
    .map(fields =>
      Object.fromEntries(fields.map(([[name, notation], chance]) => [name, chance === 0 ? badValue(notation) : goodValue(notation)])),
    );
const containers = fc.array(
  fc
    .tuple(part('Container'), fc.constantFrom('container-0', 'main', 'agent', 'checkout', 'x'))
    .map(([fields, name]) => ({ image: 'i', ...fields, name })),
  { maxLength: 2 },
);
const pod = fc
  .tuple(part('PodSpec'), containers, containers)
  .map(([spec, containers, initContainers]) => ({ ...spec, containers, initContainers }));
const kubernetes = fc.record(
  {
    podSpec: pod,
    podSpecPatch: pod,
    sidecars: containers,
    gitEnvFrom: fc.constant([{ secretRef: { name: 's' } }]),
    extraVolumeMounts: fc.constant([{ name: 'v', mountPath: '/v' }]),
    checkout: fc.record({ skip: fc.boolean() }),
    commandParams: fc.record({ interposer: fc.constantFrom('buildkite', 'vector', 'legacy', '', 'none') }),
  },
  { requiredKeys: [] },
);

describe('whatever a pipeline says', () => {
  it('any text for plugins is a spec or a refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), text => {
        expect(allowed).toContain(verdict(sampleJob([], { env: { BUILDKITE_PLUGINS: text } })));
      }),
    );
  });

  it('any JSON in both blocks is a spec or a refusal', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...Object.values(settingsPlugins)), tree), { maxLength: 3 }), blocks => {
        const json = JSON.stringify(blocks.map(([name, settings]) => ({ [name]: settings })));
        expect(allowed).toContain(verdict(sampleJob([], { env: { BUILDKITE_PLUGINS: json } })));
      }),
      { numRuns: 500 },
    );
  });

  it('any block that looks like one is a spec or a refusal, and both happen', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(kubernetes, block => {
        seen.add(verdict(sampleJob([{ kubernetes: block }])));
      }),
      { numRuns: 500 },
    );
    expect([...seen].toSorted()).toEqual(allowed);
  });

  it('any tags, image, command, priority and words about the build are a spec or a refusal', () => {
    const env = fc.dictionary(
      fc.constantFrom('BUILDKITE_IMAGE', 'BUILDKITE_BRANCH', 'BUILDKITE_PIPELINE_SLUG', 'BUILDKITE_STEP_KEY', 'BUILDKITE_BUILD_URL'),
      fc.oneof(fc.string(), fc.constant('x'.repeat(3000))),
    );
    fc.assert(
      fc.property(
        env,
        fc.string(),
        fc.array(fc.string(), { maxLength: 3 }),
        fc.double({ noNaN: true }),
        (env, command, agentQueryRules, priority) => {
          expect(allowed).toContain(verdict({ id: sampleId, env, command, agentQueryRules, priority }));
        },
      ),
    );
  });

  it('every setting that a BuildJob can have may stand in the block, and comes back as it was', () => {
    fc.assert(
      fc.property(renderCases, ({ job }) => {
        const { buildkite: _buildkite, cancelled: _cancelled, command: _command, ...settings } = job.spec;
        const foreign = [settings.podLabels, settings.podAnnotations].flatMap(map => Object.keys(map ?? {}));
        fc.pre(!foreign.some(name => name.startsWith('buildkite-operator.io/')));
        expect(operatorBlock.safeParse(settings).success).toBe(true);
        const { spec } = buildJobSpecFor(sampleJob([{ 'buildkite-operator': settings }]));
        expect(spec).toEqual({ ...settings, command: 'make', buildkite: { jobId: sampleId }, cancelled: false });
      }),
      { numRuns: 60 },
    );
  });
});
