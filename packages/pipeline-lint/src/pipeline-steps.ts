import { isObject, type JsonObject } from '@buildkite-operator/crds/toolkit';
import type { Keys } from './yaml-source.ts';

/** A step that becomes jobs, as it was written, and where it stands. */
export interface CommandStep {
  readonly keys: Keys;
  readonly step: JsonObject;
}

/** A value with the keys that lead to it. */
export interface Written {
  readonly value: unknown;
  readonly keys: Keys;
}

/** A part of a pipeline that is no pipeline's. */
export interface StructureFault {
  readonly keys: Keys;
  readonly value?: unknown;
  readonly problem: string;
}

export interface PipelineSteps {
  readonly steps: readonly CommandStep[];
  readonly faults: readonly StructureFault[];
}

/** The keys that tell what a step is, in the order in which the agent's parser looks for them. */
const commandKeys = ['command', 'commands', 'plugins'];
const otherKeys = ['wait', 'waiter', 'block', 'input', 'manual', 'trigger'];

/** The command steps of a pipeline, also those in groups: a map with `steps`, or a list of steps. */
export function commandStepsOf(pipeline: unknown): PipelineSteps {
  if (Array.isArray(pipeline)) return stepsIn(pipeline, []);
  if (!isObject(pipeline)) return { steps: [], faults: [{ keys: [], problem: 'must be a map with steps, or a list of steps' }] };
  if (!Object.hasOwn(pipeline, 'steps')) return { steps: [], faults: [{ keys: [], problem: 'has no steps: give it a list of them' }] };
  return stepsIn(pipeline['steps'], ['steps']);
}

/** What a step says about something, else what the pipeline says for all its steps. */
export function settingOf(name: string, { step, keys }: CommandStep, pipeline: unknown): Written | undefined {
  if (step[name] !== undefined && step[name] !== null) return { value: step[name], keys: [...keys, name] };
  const value = isObject(pipeline) ? pipeline[name] : undefined;
  return value === undefined || value === null ? undefined : { value, keys: [name] };
}

/** A word, number or flag as the text that a job gets; undefined where it is none of them. */
export function scalarText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function stepsIn(list: unknown, keys: Keys): PipelineSteps {
  if (list === null || list === undefined) return { steps: [], faults: [] };
  if (!Array.isArray(list)) return { steps: [], faults: [{ keys, value: list, problem: 'must be a list of steps' }] };
  const parts = list.map((step, index) => stepIn(step, [...keys, index]));
  return { steps: parts.flatMap(({ steps }) => steps), faults: parts.flatMap(({ faults }) => faults) };
}

function stepIn(step: unknown, keys: Keys): PipelineSteps {
  if (typeof step === 'string') return { steps: [], faults: [] };
  if (!isObject(step)) return { steps: [], faults: [{ keys, value: step, problem: 'must be a step: a map, or a word like wait' }] };
  if (isCommandStep(step)) return { steps: [{ keys, step }], faults: [] };
  const isOther = typeof step['type'] === 'string' || otherKeys.some(name => Object.hasOwn(step, name));
  return !isOther && Object.hasOwn(step, 'group') ? stepsIn(step['steps'], [...keys, 'steps']) : { steps: [], faults: [] };
}

function isCommandStep(step: JsonObject): boolean {
  if (typeof step['type'] === 'string') return step['type'] === 'command' || step['type'] === 'script';
  return commandKeys.some(name => Object.hasOwn(step, name));
}
