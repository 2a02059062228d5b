import type { z } from 'zod';
import type { CommandStepDefinition, CommandVariant, PluginEntry, RetryPolicy } from './definition.ts';
import { expandMatrix, interpolateMatrix, type MatrixCombination } from './matrix.ts';
import { PipelineError } from './pipeline-error.ts';
import { expandPluginSource } from './plugin-source.ts';
import { type PipelineDefaults, stepBase } from './step-base.ts';
import { commandSchema, type RawCommandStep } from './step-schema.ts';

type Check = <Schema extends z.ZodType>(schema: Schema, value: unknown, path: string) => z.output<Schema>;

/** Reads a command step and works out its jobs. */
export function parseCommandStep(
  step: Record<string, unknown>,
  path: string,
  defaults: PipelineDefaults,
  check: Check,
): CommandStepDefinition {
  const raw = check(commandSchema, step, path);
  if (raw.matrix !== undefined && raw.parallelism !== undefined) {
    throw new PipelineError(path, 'has both matrix and parallelism; a step may have one of them');
  }
  return {
    ...stepBase(raw, step),
    type: 'command',
    variants: variants(raw, path, defaults),
    priority: raw.priority ?? defaults.priority,
    retry: retryPolicy(raw),
    timeoutInMinutes: raw.timeout_in_minutes,
    artifactPaths: raw.artifact_paths,
    image: raw.image ?? defaults.image,
    cancelOnBuildFailing: raw.cancel_on_build_failing,
    concurrency: concurrency(raw, path),
  };
}

function variants(raw: RawCommandStep, path: string, defaults: PipelineDefaults): CommandVariant[] {
  const plain: CommandVariant = {
    command: [...(raw.command ?? []), ...(raw.commands ?? [])].join('\n'),
    label: raw.label ?? raw.name,
    env: raw.env,
    agents: raw.agents ?? defaults.agents,
    plugins: raw.plugins.map((entry, index) => pluginEntry(entry, `${path}.plugins[${index}]`)),
    skip: raw.skip !== false,
    softFail: raw.soft_fail,
  };
  if (raw.matrix !== undefined) return expandMatrix(raw.matrix, `${path}.matrix`).map(combination => matrixVariant(plain, combination));
  const count = raw.parallelism;
  if (count === undefined) return [plain];
  return Array.from({ length: count }, (_, index) => ({ ...plain, parallel: { index, count } }));
}

function matrixVariant(plain: CommandVariant, { permutation, skip, softFail }: MatrixCombination): CommandVariant {
  return {
    ...interpolateMatrix(plain, permutation),
    permutation,
    skip: plain.skip || skip,
    softFail: softFail ?? plain.softFail,
  };
}

function pluginEntry(entry: Readonly<Record<string, unknown>>, path: string): PluginEntry {
  const [only, ...more] = Object.entries(entry);
  if (only === undefined || more.length > 0) throw new PipelineError(path, 'must hold exactly one plugin; write each as its own list item');
  const [source, config] = only;
  return { source: expandPluginSource(source), config: isEmpty(config) ? null : config };
}

function isEmpty(config: unknown): boolean {
  return config === undefined || (typeof config === 'object' && config !== null && Object.keys(config).length === 0);
}

function retryPolicy({ retry }: RawCommandStep): RetryPolicy {
  return {
    automatic: retry.automatic.map(rule => ({
      exitStatus: rule.exit_status,
      signal: rule.signal,
      signalReason: rule.signal_reason,
      limit: rule.limit,
    })),
    manual: { allowed: retry.manual.allowed, permitOnPassed: retry.manual.permit_on_passed, reason: retry.manual.reason },
  };
}

function concurrency(raw: RawCommandStep, path: string): CommandStepDefinition['concurrency'] {
  if (raw.concurrency === undefined && raw.concurrency_group === undefined) return undefined;
  if (raw.concurrency === undefined || raw.concurrency_group === undefined) {
    throw new PipelineError(path, 'concurrency and concurrency_group only work together; give both');
  }
  return { limit: raw.concurrency, group: raw.concurrency_group, method: raw.concurrency_method };
}
