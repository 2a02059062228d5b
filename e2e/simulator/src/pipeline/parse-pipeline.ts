import { describeIssues } from '@buildkite-operator/service';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { parseCommandStep } from './command-step.ts';
import type { BlockStepDefinition, GroupStepDefinition, LeafStepDefinition, PipelineDefinition, StepDefinition } from './definition.ts';
import { PipelineError } from './pipeline-error.ts';
import { type PipelineDefaults, stepBase } from './step-base.ts';
import { blockSchema, groupSchema, pipelineSchema, waitSchema } from './step-schema.ts';

/** Reads a pipeline from YAML (or JSON) text. Throws a PipelineError that names the field and what is wrong with it. */
export function parsePipelineYaml(text: string): PipelineDefinition {
  let value: unknown;
  try {
    value = parseYaml(text, { merge: true });
  } catch (error) {
    throw new PipelineError('(root)', `is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parsePipeline(value);
}

/** Reads a pipeline from the value that YAML or JSON text holds: a map with `steps`, or a list of steps. */
export function parsePipeline(value: unknown): PipelineDefinition {
  const raw = check(pipelineSchema, Array.isArray(value) ? { steps: value } : value, '(root)');
  const defaults: PipelineDefaults = { agents: raw.agents ?? [], image: raw.image, priority: raw.priority ?? 0 };
  const steps = raw.steps.map((step, index) => parseStep(step, `steps[${index}]`, defaults));
  const keys = new Set<string>();
  for (const { key } of steps.flatMap(step => (step.type === 'group' ? [step, ...step.steps] : [step]))) {
    if (key === undefined) continue;
    if (keys.has(key)) throw new PipelineError(`steps`, `key "${key}" is used twice; step keys must be unique in a build`);
    keys.add(key);
  }
  return { env: raw.env, steps };
}

function parseStep(step: unknown, path: string, defaults: PipelineDefaults): StepDefinition {
  if (isRecord(step) && 'group' in step) return parseGroup(step, path, defaults);
  return parseLeaf(step, path, defaults);
}

function parseGroup(step: Record<string, unknown>, path: string, defaults: PipelineDefaults): GroupStepDefinition {
  const raw = check(groupSchema, step, path);
  const children = raw.steps.map((child, index) => {
    const at = `${path}.steps[${index}]`;
    if (isRecord(child) && 'group' in child) throw new PipelineError(at, 'a group cannot hold a group; move it to the top level');
    return parseLeaf(child, at, defaults);
  });
  return { ...stepBase(raw, step), type: 'group', label: raw.group ?? raw.label, steps: children };
}

const scalarSteps: Readonly<Record<string, Record<string, unknown>>> = {
  wait: { wait: null },
  waiter: { wait: null },
  block: { block: null },
  manual: { block: null },
  input: { input: null },
};

function parseLeaf(given: unknown, path: string, defaults: PipelineDefaults): LeafStepDefinition {
  const step = typeof given === 'string' ? scalarSteps[given] : given;
  if (!isRecord(step)) {
    throw new PipelineError(
      path,
      `is ${JSON.stringify(given) ?? 'missing'}; a step is a map, or one of ${Object.keys(scalarSteps).join(', ')}`,
    );
  }
  const type = stepType(step);
  switch (type) {
    case 'command':
      return parseCommandStep(step, path, defaults, check);
    case 'wait': {
      const raw = check(waitSchema, step, path);
      return { ...stepBase(raw, step), type: 'wait', continueOnFailure: raw.continue_on_failure };
    }
    case 'block':
    case 'input':
      return parseBlock(type, step, path);
    case 'trigger':
      throw new PipelineError(path, 'trigger steps are not simulated; create the other build yourself, e.g. with `simulator build create`');
    case undefined:
      throw new PipelineError(path, 'has no type; give it one of command, plugins, wait, block, input, group');
  }
}

function parseBlock(type: 'block' | 'input', step: Record<string, unknown>, path: string): BlockStepDefinition {
  const raw = check(blockSchema, step, path);
  const title = raw[type];
  return {
    ...stepBase(raw, step),
    type,
    label: raw.label ?? raw.name ?? (typeof title === 'string' ? title : undefined),
    blockedState: raw.blocked_state,
    fields: raw.fields.map(({ key, required, default: value }) => ({ key, required, default: value })),
  };
}

type LeafType = LeafStepDefinition['type'] | 'trigger';

const typeOfKey: Readonly<Record<string, LeafType>> = {
  command: 'command',
  commands: 'command',
  plugins: 'command',
  wait: 'wait',
  waiter: 'wait',
  block: 'block',
  manual: 'block',
  input: 'input',
  trigger: 'trigger',
};

const typeOfName: Readonly<Record<string, LeafType>> = { ...typeOfKey, script: 'command' };

function stepType(step: Record<string, unknown>): LeafType | undefined {
  const named = step['type'];
  if (typeof named === 'string') return typeOfName[named];
  const key = Object.keys(typeOfKey).find(candidate => candidate in step);
  return key === undefined ? undefined : typeOfKey[key];
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, path: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PipelineError(path, describeIssues(parsed.error, value).trim());
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
