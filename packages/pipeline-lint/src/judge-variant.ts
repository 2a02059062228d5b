import { buildJobSpecFor, PipelineSettingsError, type SettingsContext, type SettingsProblem } from '@buildkite-operator/pipeline-settings';
import { fillVariables, interpolate, variablesIn } from './interpolation.ts';
import { likelyWords } from './likely-words.ts';
import type { Fill, StepVariant } from './step-variant.ts';

/** What the job's own rules say of a step. */
export interface Verdict {
  readonly problems: readonly SettingsProblem[];
  readonly notices: readonly string[];
  /** The values for which they say it. */
  readonly fill: Fill;
}

/**
 * The problems that a step's job has whatever the variables of the upload hold: for a problem where one of them stands, words of every kind
 * are tried, and the first that mends it is kept. `variablesAt` tells the variables that have to do with a problem.
 */
export function judgeVariant(
  variant: StepVariant,
  context: SettingsContext | undefined,
  variablesAt: (problem: SettingsProblem, fill: Fill) => readonly string[],
): Verdict {
  const chosen = new Map<string, string>();
  const certain = new Set<string>();
  for (;;) {
    const verdict = verdictFor(variant, context, chosen);
    const doubtful = verdict.problems.find(problem => !certain.has(placeOf(problem)));
    if (doubtful === undefined) return verdict;
    const open = variablesAt(doubtful, verdict.fill).filter(variable => !chosen.has(variable));
    const mended = open.some(variable =>
      likelyWords().some(word => {
        const { problems } = verdictFor(variant, context, new Map([...chosen, [variable, word]]));
        if (problems.some(problem => placeOf(problem) === placeOf(doubtful))) return false;
        chosen.set(variable, word);
        return true;
      }),
    );
    if (!mended) certain.add(placeOf(doubtful));
  }
}

function verdictFor(variant: StepVariant, context: SettingsContext | undefined, chosen: ReadonlyMap<string, string>): Verdict {
  const order = new Map<string, string>();
  const wordFor = (variable: string) => {
    const word = chosen.get(variable) ?? order.get(variable) ?? defaultOf(variable) ?? `word${order.size}`;
    order.set(variable, word);
    return word;
  };
  const fill: Fill = text => fillVariables(text, wordFor);
  const job = variant.job(fill);
  try {
    return { problems: [], notices: buildJobSpecFor(job, variant.context(job, context)).notices, fill };
  } catch (error) {
    if (error instanceof PipelineSettingsError) return { problems: error.problems, notices: [], fill };
    throw error;
  }
}

/** `${NAME:-this}`. */
function defaultOf(variable: string): string | undefined {
  const [, text] = /^\$\{\w+:?-([^}]*)\}$/s.exec(variable) ?? [];
  return text === undefined || variablesIn(interpolate(text)).length > 0 ? undefined : text;
}

function placeOf({ block, path }: SettingsProblem): string {
  return `${block} ${path}`;
}
