import { isDeepStrictEqual } from 'node:util';
import { type BuildJobSpec, buildJobSpec } from '@buildkite-operator/crds';
import { toStructuralSchema } from '@buildkite-operator/crds/toolkit';
import { filtersEnvironment, fitsProcess } from '@buildkite-operator/podspec';
import { agentTagsOf, resourceClassTag } from './agent-tags.ts';
import { combinePatches } from './kubernetes/combine-patches.ts';
import { type Draft, draftFor, filled, type Settings } from './kubernetes/draft.ts';
import { type KubernetesParts, mapKubernetes } from './kubernetes/map-kubernetes.ts';
import { readKubernetesBlock, startSpecOf } from './kubernetes/read-kubernetes-block.ts';
import { mergeSettings } from './merge-settings.ts';
import { unknownNameProblem } from './nearest-key.ts';
import { readOperatorBlock } from './operator-block.ts';
import { Origins } from './origins.ts';
import { pipelinePlace } from './pipeline-place.ts';
import { type PluginBlocks, pluginBlocks } from './plugin-blocks.ts';
import { structureFaults, valueAt, zodFaults } from './schema-problems.ts';
import type { PipelineJob, ResourceClass, SettingsContext } from './settings-context.ts';
import { PipelineSettingsError, type ReportSettings, type SettingsProblem } from './settings-problem.ts';

/** What a Buildkite job becomes. */
export interface BuildJobOutcome {
  readonly spec: BuildJobSpec;
  /** What the pipeline says without effect, one sentence each, for the job's page. */
  readonly notices: readonly string[];
  /** Where the pipeline says what a field of the BuildJob holds, written as `spec.image`. Undefined where that cannot be told. */
  readonly placeOf: (field: string) => string | undefined;
}

const structure = toStructuralSchema(buildJobSpec, 'spec');

/**
 * The spec of the BuildJob that runs a Buildkite job. The layers, each over those before it: the step's command, the `kubernetes` block's
 * start spec, the resource class, the step's `image:`, the `buildkite-operator` block; then `podSpecPatch` or `podPatch`, by `podPatch`.
 * The outcome always keeps to BuildJob's schema. Throws `PipelineSettingsError` with every problem.
 */
export function buildJobSpecFor(job: PipelineJob, context: SettingsContext = {}): BuildJobOutcome {
  const problems: SettingsProblem[] = [];
  const report: ReportSettings = problem => {
    // A key that serves several containers is wrong once.
    if (!problems.some(other => isDeepStrictEqual(other, problem))) problems.push(problem);
  };
  const notices: string[] = [];
  const origins = new Origins();
  const tags = agentTagsOf(job.agentQueryRules, report);
  const blocks = pluginBlocks(job.env['BUILDKITE_PLUGINS'], report);
  const kubernetes = kubernetesParts(
    blocks,
    { ...context, stepCommand: stepCommandOf(job) },
    { report, draft: draftFor(origins, report, notices) },
  );
  const resourceClass = resourceClassOf(tags, context, report);
  const operator = operatorSettings(blocks, context, origins, report);
  checkOnePatch(blocks, report);
  const image = job.env['BUILDKITE_IMAGE'];
  const layers: readonly Settings[] = [
    stepSettings(job, kubernetes.settings, origins),
    classSettings(resourceClass),
    filled({ image: image === '' ? undefined : image }),
    operator,
  ];
  if (image !== undefined && image !== '' && operator.image === undefined) origins.field('image', 'image', []);
  const { podPatch: operatorPatch, ...settings } = layers.reduce(mergeSettings);
  checkEnv(job, settings, report);
  const patches = [
    kubernetes.startPatch,
    resourceClass?.podResources === undefined ? {} : { resources: resourceClass.podResources },
    kubernetes.lastPatch,
    operatorPatch ?? {},
  ].filter(patch => Object.keys(patch).length > 0);
  const spec = {
    ...settings,
    buildkite: buildkiteOf(job, tags, context, origins),
    ...(patches.length > 0 && { podPatch: patches.reduce(combinePatches) }),
    cancelled: false,
  };
  // What is wrong with a block would be told twice.
  if (problems.length === 0) checkSpec(spec, origins, report);
  if (problems.length > 0) throw new PipelineSettingsError(problems);
  return { spec: buildJobSpec.parse(spec), notices, placeOf: field => pipelinePlace(field, { spec, origins, blocks, context }) };
}

/** Whether the job's PodTemplates must be known, and which: the caller reads them before it asks for the spec. */
export function podTemplateOf(job: Pick<PipelineJob, 'env'>): string | undefined {
  const { kubernetes } = pluginBlocks(job.env['BUILDKITE_PLUGINS'], () => {});
  const name = kubernetes?.['podSpec'] === undefined ? kubernetes?.['podTemplate'] : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

interface Tools {
  readonly report: ReportSettings;
  readonly draft: Draft;
}

function kubernetesParts(
  { kubernetes: block }: PluginBlocks,
  context: SettingsContext & { readonly stepCommand: string },
  { report, draft }: Tools,
): KubernetesParts {
  const nothing: KubernetesParts = { settings: {}, startPatch: {}, lastPatch: {} };
  if (block === undefined) return nothing;
  if (context.allowedKeys?.kubernetes?.length === 0) {
    report({ block: 'kubernetes', path: '', problem: 'is not allowed here: remove the plugin, or ask the platform for it' });
    return nothing;
  }
  const plugin = readKubernetesBlock(block, report, context.allowedKeys?.kubernetes);
  const start = plugin === undefined ? undefined : startSpecOf(plugin, context.podTemplates ?? new Map(), report);
  if (plugin === undefined || start === undefined) return nothing;
  if (plugin.podSpec !== undefined && plugin.podTemplate !== undefined) draft.notice(['podTemplate'], 'has no effect beside podSpec');
  return mapKubernetes(plugin, start, { interposer: context.interposer ?? 'buildkite', stepCommand: context.stepCommand }, draft);
}

function operatorSettings(
  { 'buildkite-operator': block }: PluginBlocks,
  { allowedKeys }: SettingsContext,
  origins: Origins,
  report: ReportSettings,
): Settings {
  if (block === undefined) return {};
  const settings = readOperatorBlock(block, report, allowedKeys?.['buildkite-operator']);
  for (const [field, value] of Object.entries(settings ?? {})) {
    origins.field(field, 'buildkite-operator', [field]);
    for (const [index, entry] of (Array.isArray(value) ? value : []).entries())
      if (typeof entry === 'object' && entry !== null) origins.object(entry, 'buildkite-operator', [field, index]);
  }
  return settings ?? {};
}

function checkOnePatch({ kubernetes, 'buildkite-operator': operator }: PluginBlocks, report: ReportSettings): void {
  if (kubernetes?.['podSpecPatch'] === undefined || operator?.['podPatch'] === undefined) return;
  const problem = 'stands beside podSpecPatch of the kubernetes block, and a job has one patch: write both into one of them';
  report({ block: 'buildkite-operator', path: 'podPatch', problem });
}

/** The agent shortens it itself. */
const shortened: ReadonlySet<string> = new Set(['BUILDKITE_MESSAGE']);

/** Variables that the agent takes from the container, not from the job, so that the operator can make a file of a long one. */
const ownInContainer: ReadonlySet<string> = new Set(['BUILDKITE_COMMAND']);

/** Where Buildkite repeats the step's command, for scripts of old; a pod with a command of such a length leaves it out. */
const repeatedCommand = 'BUILDKITE_SCRIPT_PATH';

/**
 * The agent passes the job's environment on to a process, which cannot have a variable of 128 KiB. Only for the sake of a command that the
 * pod runs itself does it leave the repeated one out: a BuildJob says nothing of one that its own commands have replaced.
 */
function checkEnv({ env }: PipelineJob, settings: Settings, report: ReportSettings): void {
  for (const [name, value] of Object.entries(env)) {
    if (ownInContainer.has(name) || shortened.has(name) || fitsProcess(name, value)) continue;
    const size = `has ${Buffer.byteLength(value)} bytes, and no process can be given a variable of 128 KiB and more`;
    if (name !== repeatedCommand) report({ block: 'job', path: `env.${name}`, problem: `${size}: put it into a file or an artifact` });
    else if (!filtersEnvironment(settings)) {
      const problem = `${size}, in which Buildkite repeats it (${name}): the kubernetes block replaces this command, so leave it out`;
      report({ block: 'job', path: 'command', problem });
    }
  }
}

function resourceClassOf(tags: ReadonlyMap<string, string>, context: SettingsContext, report: ReportSettings): ResourceClass | undefined {
  const name = tags.get(resourceClassTag) ?? context.defaultResourceClass;
  if (name === undefined) return undefined;
  const classes = context.resourceClasses ?? new Map<string, ResourceClass>();
  const found = classes.get(name);
  if (found === undefined)
    report({
      block: 'agents',
      path: resourceClassTag,
      value: name,
      problem: unknownNameProblem(name, [...classes.keys()], 'resource class'),
    });
  return found;
}

function classSettings({ podResources: _podResources, ...settings }: ResourceClass = {}): Settings {
  return settings;
}

function stepCommandOf({ command, env }: PipelineJob): string {
  return command ?? env['BUILDKITE_COMMAND'] ?? '';
}

function stepSettings(job: PipelineJob, kubernetes: Settings, origins: Origins): Settings {
  const own = stepCommandOf(job);
  if (kubernetes.command === undefined) origins.field('command', 'job', ['command']);
  return { ...(own !== '' && { command: own }), ...kubernetes };
}

const priorities = { lowest: -(2 ** 31), highest: 2 ** 31 - 1 } as const;

/** Which job it is. What is only for people is cut to what a BuildJob holds: no job shall fail for the length of its branch's name. */
function buildkiteOf(
  job: PipelineJob,
  tags: ReadonlyMap<string, string>,
  context: SettingsContext,
  origins: Origins,
): BuildJobSpec['buildkite'] {
  const { env, priority } = job;
  const text = (name: string, longest: number) => {
    const value = env[name];
    return value === undefined || value === '' ? undefined : value.slice(0, longest);
  };
  const buildUrl = text('BUILDKITE_BUILD_URL', Number.POSITIVE_INFINITY);
  const queue = tags.get('queue') ?? context.queue;
  const agentTags = [...tags].filter(([tag]) => tag !== 'queue');
  origins.field('buildkite.jobId', 'job', ['id']);
  origins.field('buildkite.agentTags', 'agents', []);
  origins.field('buildkite.queue', 'agents', ['queue']);
  return {
    jobId: job.id,
    ...filled({
      queue: queue === '' ? undefined : queue,
      pipeline: text('BUILDKITE_PIPELINE_SLUG', 255),
      branch: text('BUILDKITE_BRANCH', 1024),
      // A cut link leads nowhere.
      buildUrl: buildUrl !== undefined && buildUrl.length > 2048 ? undefined : buildUrl,
      stepKey: text('BUILDKITE_STEP_KEY', 255),
      priority: priority === undefined ? undefined : Math.min(Math.max(Math.trunc(priority), priorities.lowest), priorities.highest),
      agentTags: agentTags.length === 0 ? undefined : Object.fromEntries(agentTags),
    }),
  };
}

const ownDomain = 'buildkite-operator.io/';

/** The parts together may break what each part keeps: a name twice, too many entries. */
function checkSpec(spec: Settings, origins: Origins, report: ReportSettings): void {
  const faults = [...zodFaults(buildJobSpec, spec, () => []), ...structureFaults(structure, spec)];
  for (const field of ['podLabels', 'podAnnotations'] as const) {
    for (const key of Object.keys(spec[field] ?? {}).filter(key => key.startsWith(ownDomain)))
      faults.push({ path: [field, key], problem: `is the operator's own: choose a key outside of ${ownDomain}` });
  }
  for (const { path, problem } of faults) {
    const value = valueAt(spec, path);
    report({ ...origins.locate(spec, path), problem, ...(value !== undefined && { value }) });
  }
}
