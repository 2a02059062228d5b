import { OperatorError } from '@buildkite-operator/service';

/** One thing that is wrong with the configuration. */
export interface ConfigFault {
  /** The ConfigMap's key. */
  readonly key: string;
  /** Key and field, as in `pod_defaults.timeoutSeconds`. */
  readonly path: string;
  /** Line within the key's text, from 1, where it can be told. */
  readonly line?: number;
  /** What was found; absent where nothing was. */
  readonly value?: unknown;
  /** What is wrong, and what would be right. */
  readonly problem: string;
}

/** A configuration that cannot be used. It holds every fault, and its message tells them one a line. */
export class ConfigError extends OperatorError<'InvalidConfig'> {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super('InvalidConfig', `the configuration is invalid:\n${faults.map(fault => `  ${describe(fault)}`).join('\n')}`, {
      details: { faults },
    });
    this.faults = faults;
  }
}

const shownCharacters = 100;

function describe({ path, line, value, problem }: ConfigFault): string {
  const where = line === undefined ? path : `${path} (line ${line})`;
  if (value === undefined) return `${where}: ${problem}`;
  const text = JSON.stringify(value) ?? typeof value;
  return `${where}: ${problem} (found ${text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text})`;
}
