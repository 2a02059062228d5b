import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const text = z.union([z.string(), z.number()]).transform(String);
const stringMap = z.record(z.string(), z.union([scalar, z.null().transform(() => '')]));
const textList = z.union([text.transform(one => [one]), z.array(text), z.null().transform(() => [])]);
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform(value => value === 'true')]);

const dependency = z.union([
  text.transform(step => ({ step, allowFailure: false })),
  z
    .object({ step: text, allow_failure: flag.default(false) })
    .transform(({ step, allow_failure }) => ({ step, allowFailure: allow_failure })),
]);

const dependsOn = z.union([z.null().transform(() => []), z.array(dependency), dependency.transform(one => [one])]).optional();

const exitStatus = z.union([z.literal('*'), z.int()]);
const softFailRule = z.object({ exit_status: exitStatus }).transform(rule => rule.exit_status);
const softFail = z.union([flag, z.array(softFailRule), softFailRule.transform(one => [one])]).default(false);

const retryRule = z.object({
  exit_status: z.union([z.literal('*'), z.int().transform(one => [one]), z.array(z.int())]).default('*'),
  signal: z.string().default('*'),
  signal_reason: z.string().default('*'),
  limit: z.int().min(0).max(10).default(2),
});

const retry = z.object({
  automatic: z
    .union([flag.transform(on => (on ? [retryRule.parse({})] : [])), z.array(retryRule), retryRule.transform(one => [one])])
    .default([]),
  manual: z
    .union([
      flag.transform(allowed => ({ allowed, permit_on_passed: true, reason: undefined })),
      z.object({ allowed: flag.default(true), permit_on_passed: flag.default(true), reason: z.string().optional() }),
    ])
    .default({ allowed: true, permit_on_passed: true, reason: undefined }),
});

const agents = z
  .union([stringMap.transform(map => Object.entries(map).map(([key, value]) => `${key}=${value}`)), z.array(text)])
  .optional();

const plugin = z.union([text.transform(source => ({ [source]: null as unknown })), z.record(z.string(), z.unknown())]);
const plugins = z
  .union([
    z.array(plugin),
    z.record(z.string(), z.unknown()).transform(map => Object.entries(map).map(([key, value]) => ({ [key]: value }))),
  ])
  .default([]);

const matrixValues = z.array(scalar).min(1);
const adjustment = z.object({
  with: z.union([scalar, z.record(z.string(), scalar)]),
  skip: z.union([flag, z.string()]).optional(),
  soft_fail: softFail.optional(),
});
const matrix = z
  .union([
    matrixValues.transform(values => ({ setup: { '': values }, adjustments: [] })),
    z.object({
      setup: z.union([matrixValues.transform(values => ({ '': values })), z.record(z.string(), matrixValues)]),
      adjustments: z.array(adjustment).default([]),
    }),
  ])
  .optional();

const base = {
  key: z.string().optional(),
  id: z.string().optional(),
  identifier: z.string().optional(),
  label: z.union([text, z.null().transform(() => undefined)]).optional(),
  name: z.union([text, z.null().transform(() => undefined)]).optional(),
  if: z.union([z.string(), z.boolean().transform(String)]).optional(),
  branches: z.union([z.string(), z.array(z.string()).transform(list => list.join(' '))]).optional(),
  depends_on: dependsOn,
  allow_dependency_failure: flag.default(false),
};

export const commandSchema = z.looseObject({
  ...base,
  command: z.union([textList]).optional(),
  commands: z.union([textList]).optional(),
  env: stringMap.default({}),
  agents,
  plugins,
  matrix,
  parallelism: z.int().min(0).max(1000).optional(),
  priority: z.int().optional(),
  retry: z.union([retry, z.null().transform(() => retry.parse({}))]).prefault({}),
  soft_fail: softFail,
  skip: z.union([flag, z.string()]).default(false),
  // Fractions are an extension of the simulator, so that a test need not wait a whole minute.
  timeout_in_minutes: z.number().positive().optional(),
  artifact_paths: z.union([z.string(), z.array(z.string()).transform(list => list.join(';'))]).optional(),
  image: z.string().optional(),
  cancel_on_build_failing: flag.default(false),
  concurrency: z.int().positive().optional(),
  concurrency_group: z.string().optional(),
  concurrency_method: z.enum(['ordered', 'eager']).default('ordered'),
});

export const waitSchema = z.looseObject({
  ...base,
  wait: z.unknown().optional(),
  continue_on_failure: flag.default(false),
});

const field = z.looseObject({
  key: z.string(),
  required: flag.default(true),
  default: z.union([z.string(), z.array(z.string()).transform(list => list.join('\n'))]).optional(),
});

export const blockSchema = z.looseObject({
  ...base,
  block: z.unknown().optional(),
  input: z.unknown().optional(),
  blocked_state: z.enum(['passed', 'failed', 'running']).default('passed'),
  fields: z.array(field).default([]),
});

export const groupSchema = z.looseObject({
  ...base,
  group: z.union([text, z.null().transform(() => undefined)]).optional(),
  steps: z.array(z.unknown()).min(1),
});

export const pipelineSchema = z.looseObject({
  env: z.union([stringMap, z.null().transform(() => ({}))]).default({}),
  agents,
  image: z.string().optional(),
  priority: z.int().optional(),
  steps: z.array(z.unknown()).default([]),
});

export type RawCommandStep = z.output<typeof commandSchema>;
export type RawMatrix = NonNullable<RawCommandStep['matrix']>;
export type RawSoftFail = z.output<typeof softFail>;
