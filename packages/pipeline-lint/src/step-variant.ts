import type { JsonObject } from '@buildkite-operator/crds/toolkit';
import { type PipelineJob, podTemplateOf, resourceClassTag, type SettingsContext } from '@buildkite-operator/pipeline-settings';
import { fillVariables, interpolate, isUnknown, mapTexts } from './interpolation.ts';
import { type MatrixValues, withMatrix } from './matrix.ts';
import { scalarText, type Written } from './pipeline-steps.ts';
import { pluginList, pluginsJson, type WrittenPlugin } from './plugin-list.ts';
import type { Keys } from './yaml-source.ts';

/** A rule like `queue=builders` of a step's `agents:`. */
export interface AgentRule {
  readonly rule: string;
  readonly keys: Keys;
}

/** A command step with what its job's settings come from. */
export interface StepToLint {
  readonly keys: Keys;
  readonly step: JsonObject;
  readonly name: string;
  readonly agents: Written | undefined;
  readonly rules: readonly AgentRule[];
  readonly image: Written | undefined;
  readonly plugins: Written | undefined;
}

/** Gives a marked text's variables values. */
export type Fill = (text: string) => string;

/** Any id does: it is never wrong. */
const someJobId = '00000000-0000-4000-8000-000000000000';

/** A step with one combination of its matrix. Its texts are marked: variables of the upload stay in them. */
export class StepVariant {
  readonly step: StepToLint;
  readonly values: MatrixValues;
  readonly rules: readonly AgentRule[];
  readonly plugins: readonly WrittenPlugin[];

  constructor(step: StepToLint, values: MatrixValues) {
    this.step = step;
    this.values = values;
    this.rules = step.rules.map(({ rule, keys }) => ({ rule: this.text(rule), keys }));
    this.plugins = pluginList(
      mapTexts(step.plugins?.value, text => this.text(text)),
      step.plugins?.keys ?? [],
    );
  }

  text(written: string): string {
    return withMatrix(interpolate(written), this.values);
  }

  /** The key of the queue; undefined where the step names none. */
  get queue(): string | undefined {
    return this.rules.findLast(({ rule }) => rule.startsWith('queue='))?.rule.slice('queue='.length);
  }

  /** The job that Buildkite makes of it. */
  job(fill: Fill): PipelineJob {
    const { step, image } = this.step;
    const lines = [step['command'], step['commands']].flat().flatMap(line => scalarText(line) ?? []);
    const command = lines.map(line => fill(this.text(line))).join('\n');
    const env = {
      BUILDKITE_SCRIPT_PATH: command,
      BUILDKITE_PLUGINS: fillVariables(pluginsJson(this.plugins), variable => JSON.stringify(fill(interpolate(variable))).slice(1, -1)),
      ...(image !== undefined && { BUILDKITE_IMAGE: fill(this.text(scalarText(image.value) ?? '')) }),
    };
    return { id: someJobId, command, env, agentQueryRules: this.rules.map(({ rule }) => rule).filter(rule => !isUnknown(rule)) };
  }

  /** PodTemplates are the cluster's: the named one is taken to be there, and so are resource classes where nothing is known of them. */
  context(job: PipelineJob, context: SettingsContext | undefined): SettingsContext {
    const template = podTemplateOf(job);
    const prefix = `${resourceClassTag}=`;
    const classes = job.agentQueryRules.filter(rule => rule.startsWith(prefix)).map(rule => rule.slice(prefix.length));
    return {
      ...(context ?? { resourceClasses: new Map(classes.map(name => [name, {}])) }),
      podTemplates: new Map(template === undefined ? [] : [[template, {}]]),
    };
  }
}
