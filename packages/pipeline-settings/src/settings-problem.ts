import { OperatorError } from '@buildkite-operator/service';

/** Where in a pipeline a setting stands: a plugin's block, the step's `image:` or `agents:`, or the job as Buildkite hands it out. */
export type SettingsBlock = 'agents' | 'buildkite-operator' | 'image' | 'job' | 'kubernetes' | 'plugins';

/** One thing that is wrong with what a pipeline says. */
export interface SettingsProblem {
  readonly block: SettingsBlock;
  /** Path of the key below the block, as in `podSpec.containers[0].env[2].name`; empty for the block itself. */
  readonly path: string;
  /** What stands there; absent where nothing does, or where it would not help. */
  readonly value?: unknown;
  /** What is wrong with it, and what would be right. */
  readonly problem: string;
}

/** A job whose pipeline asks for what cannot be had. It holds every problem, and its message tells them one a line, for the job's page. */
export class PipelineSettingsError extends OperatorError<'InvalidPipelineSettings'> {
  override readonly name = 'PipelineSettingsError';
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[]) {
    const lines = problems.map(problem => `  ${describeSettingsProblem(problem)}`);
    super('InvalidPipelineSettings', `the step's settings cannot be used:\n${lines.join('\n')}`, { details: { problems } });
    this.problems = problems;
  }
}

/** Takes each problem as it is found. */
export type ReportSettings = (problem: SettingsProblem) => void;

/** `podSpec.containers[0].name`, as Kubernetes writes paths; a key that is no plain word stands in brackets. */
export function formatKeys(keys: readonly (number | string)[]): string {
  return keys.map((key, index) => (/^[A-Za-z_$][\w$-]*$/.test(String(key)) ? `${index === 0 ? '' : '.'}${key}` : `[${key}]`)).join('');
}

/** The keys of such a path. */
export function parseKeys(path: string): (number | string)[] {
  const steps = path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g);
  return [...steps].map(([, bracketed, plain = '']) =>
    bracketed !== undefined && /^\d+$/.test(bracketed) ? Number(bracketed) : (bracketed ?? plain),
  );
}

const shownCharacters = 100;

/** A problem in a line: `kubernetes.podSpec.hostname: must be a text (found 5)`. */
export function describeSettingsProblem({ block, path, value, problem }: SettingsProblem): string {
  const where = path === '' ? block : `${block}${path.startsWith('[') ? '' : '.'}${path}`;
  if (value === undefined) return `${where}: ${problem}`;
  const text = JSON.stringify(value) ?? typeof value;
  return `${where}: ${problem} (found ${text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text})`;
}
