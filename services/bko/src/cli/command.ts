import { type ParseArgsConfig, parseArgs } from 'node:util';
import { errorMessage } from '@buildkite-operator/service';
import { UsageError } from './usage-error.ts';

export interface Option {
  readonly type: 'boolean' | 'string';
  readonly multiple?: boolean;
  /** Shown in the help for the option's value, e.g. `FILE`. */
  readonly value?: string;
  readonly help: string;
}

/** Where a command reads and writes, and what it may be stopped by. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Writes to standard output; fulfilled when more may follow. */
  readonly write: (bytes: Uint8Array | string) => Promise<void>;
  readonly printError: (line: string) => void;
  /** Aborted when the program is asked to end. */
  readonly signal: AbortSignal;
}

/** What a command was called with. */
export interface Input {
  /** The value of an option; the last where it was given several times. */
  readonly text: (name: string) => string | undefined;
  /** The values of an option that may be given several times. */
  readonly texts: (name: string) => readonly string[];
  readonly words: readonly string[];
  /** What stood behind `--`, for another program. */
  readonly passedOn: readonly string[] | undefined;
}

/** One subcommand; `run` returns the exit code. */
export interface Command {
  readonly name: string;
  /** What follows the options, as the help shows it. */
  readonly operands: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** More for the help, a paragraph each. */
  readonly details: readonly string[];
  readonly run: (input: Input, surroundings: Surroundings) => Promise<number>;
}

/** Reads the words after a command's name; undefined when its help is wanted. Throws UsageError. */
export function readInput(command: Command, words: readonly string[]): Input | undefined {
  const end = words.indexOf('--');
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } };
  for (const [name, { type, multiple = false }] of Object.entries(command.options)) options[name] = { type, multiple };
  try {
    const args = end === -1 ? [...words] : words.slice(0, end);
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    if (values['help'] === true) return undefined;
    const texts = (name: string) => [values[name] ?? []].flat().map(String);
    return { text: name => texts(name).at(-1), texts, words: positionals, passedOn: end === -1 ? undefined : words.slice(end + 1) };
  } catch (error) {
    throw new UsageError(`${errorMessage(error).split('. ')[0]}; see bko ${command.name} --help`, error);
  }
}

/** The help of one command. */
export function commandHelp({ name, operands, summary, options, details }: Command): string {
  const all = { ...options, help: { type: 'boolean', help: 'show this help' } as Option };
  const lines = Object.entries(all).map(([option, { value, help, multiple }]) => {
    const flag = `--${option}${value === undefined ? '' : ` ${value}`}`;
    return `  ${flag.padEnd(24)} ${help}${multiple === true ? ' (repeatable)' : ''}`;
  });
  return [
    `usage: bko ${name} [options]${operands === '' ? '' : ` ${operands}`}`,
    '',
    summary,
    '',
    'options:',
    ...lines,
    ...details.flatMap(text => ['', text]),
    '',
  ].join('\n');
}
