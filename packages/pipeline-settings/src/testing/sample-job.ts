import { settingsPlugins } from '@buildkite-operator/podspec';
import { type BuildJobOutcome, buildJobSpecFor } from '../build-job-spec.ts';
import type { PipelineJob, SettingsContext } from '../settings-context.ts';
import { describeSettingsProblem, PipelineSettingsError, type SettingsProblem } from '../settings-problem.ts';

export const sampleId = '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b';

/** Plugin blocks as a pipeline writes them, in their order. */
export type Blocks = readonly { readonly [Plugin in keyof typeof settingsPlugins]?: unknown }[];

/** The JSON that a job's environment carries for these blocks. */
export function pluginsJson(blocks: Blocks): string {
  return JSON.stringify(
    blocks.flatMap(block => Object.entries(block).map(([name, settings]) => ({ [Reflect.get(settingsPlugins, name) ?? name]: settings }))),
  );
}

/** A job with the command `make` and these blocks. */
export function sampleJob(blocks: Blocks, more: Partial<PipelineJob> = {}): PipelineJob {
  const { env, ...rest } = more;
  return { id: sampleId, command: 'make', agentQueryRules: [], ...rest, env: { BUILDKITE_PLUGINS: pluginsJson(blocks), ...env } };
}

/** What becomes of a `kubernetes` block. */
export function mapped(kubernetes: unknown, context: SettingsContext = {}, more: Partial<PipelineJob> = {}): BuildJobOutcome {
  return buildJobSpecFor(sampleJob([{ kubernetes }], more), context);
}

/** The problems that a job has; none where it becomes a BuildJob. */
export function problemsOf(job: PipelineJob, context: SettingsContext = {}): readonly SettingsProblem[] {
  try {
    buildJobSpecFor(job, context);
    return [];
  } catch (error) {
    if (error instanceof PipelineSettingsError) return error.problems;
    throw error;
  }
}

/** The problems of a `kubernetes` block, a line each. */
export function refusals(kubernetes: unknown, context: SettingsContext = {}): readonly string[] {
  return problemsOf(sampleJob([{ kubernetes }]), context).map(describeSettingsProblem);
}
