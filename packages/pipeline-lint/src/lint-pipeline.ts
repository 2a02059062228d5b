import { isObject } from '@buildkite-operator/crds/toolkit';
import type { SettingsContext } from '@buildkite-operator/pipeline-settings';
import { type Finding, inFileOrder } from './finding.ts';
import { lintStep } from './lint-step.ts';
import { type CommandStep, commandStepsOf, scalarText, settingOf, type Written } from './pipeline-steps.ts';
import type { StepToLint } from './step-variant.ts';
import { YamlSource } from './yaml-source.ts';

export interface LintOptions {
  /** Keys of the operator's queues; steps of other queues are theirs who run those. */
  readonly queues: readonly string[];
  /** What the platform says about all jobs; when unset, every resource class is taken to exist and every key to be allowed. */
  readonly context?: SettingsContext;
  /** The tags that the operator carries besides `queue`; when unset, any is taken to be carried. */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * What is wrong with a pipeline's steps for the operator, as the service that takes its jobs would find it: the same rules judge both. What a
 * variable of the upload holds is not known, and so never wrong. Keeps to the order of the file; never throws for what the text holds.
 */
export function lintPipeline(text: string, options: LintOptions): readonly Finding[] {
  const source = new YamlSource(text);
  const ofFile = ({ line, column, problem }: Pick<Finding, 'column' | 'line' | 'problem'>): Finding => ({
    severity: 'error',
    line,
    column,
    field: '',
    problem,
  });
  if (source.faults.length > 0)
    return inFileOrder(source.faults.map(({ problem, ...at }) => ofFile({ ...at, problem: `no YAML: ${problem}` })));
  const pipeline = source.value;
  const { steps, faults } = commandStepsOf(pipeline);
  const structure = faults.map(
    ({ keys, value, problem }): Finding => ({
      severity: 'error',
      ...source.position(source.place(keys).offset),
      field: keys.join('.') || 'pipeline',
      problem,
      ...(value !== undefined && { value }),
    }),
  );
  const found = steps.flatMap(step => lintStep(source, stepToLint(step, pipeline), options));
  return inFileOrder([...structure, ...withoutRepeats(found)]);
}

function stepToLint(step: CommandStep, pipeline: unknown): StepToLint {
  const agents = settingOf('agents', step, pipeline);
  return {
    ...step,
    name: stepName(step),
    agents,
    rules: agentRules(agents),
    image: settingOf('image', step, pipeline),
    plugins: step.step['plugins'] === undefined ? undefined : { value: step.step['plugins'], keys: [...step.keys, 'plugins'] },
  };
}

/** `agents:` in both forms, as the rules that the job carries. */
function agentRules(agents: Written | undefined): StepToLint['rules'] {
  if (agents === undefined) return [];
  const { value, keys } = agents;
  if (Array.isArray(value)) return value.map((rule, index) => ({ rule: scalarText(rule) ?? '', keys: [...keys, index] }));
  if (!isObject(value)) return [];
  return Object.entries(value).map(([tag, entry]) => ({
    rule: `${tag}=${scalarText(entry) ?? ''}`,
    keys: [...keys, tag],
  }));
}

function stepName({ step, keys }: CommandStep): string {
  const named = [step['label'], step['name'], step['key'], step['id'], step['identifier']].find(
    name => typeof name === 'string' && name.trim() !== '',
  );
  return typeof named === 'string'
    ? named
    : keys
        .map(key => (typeof key === 'number' ? `[${key}]` : `.${key}`))
        .join('')
        .replace(/^\./, '');
}

/** What stands behind an anchor, or serves several jobs of a matrix, is wrong once: for the first. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const idOf = ({ line, column, field, problem }: Finding) => JSON.stringify([line, column, field, problem]);
  return [...new Map(findings.toReversed().map(finding => [idOf(finding), finding])).values()].toReversed();
}
