import { type ParseArgsConfig, parseArgs } from 'node:util';
import { OperatorError } from '@buildkite-operator/service';
import { SimulatorClient } from '../client/simulator-client.ts';

/** The command line is wrong; the message says how, and what to do. */
export class UsageError extends OperatorError<'Usage'> {
  override readonly name = 'UsageError';

  constructor(message: string) {
    super('Usage', message);
  }
}

export interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  /** Shown in the help for the option's value, e.g. `MS`. */
  readonly value?: string;
  readonly help: string;
}

/** What a command was called with. */
export class Input {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  readonly signal: AbortSignal;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(
    values: Readonly<Record<string, unknown>>,
    positionals: readonly string[],
    environment: NodeJS.ProcessEnv,
    signal: AbortSignal,
  ) {
    this.#values = values;
    this.positionals = positionals;
    this.#environment = environment;
    this.signal = signal;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** The values of an option that may be given several times. */
  texts(name: string): string[] {
    const values = this.#values[name];
    return Array.isArray(values) ? values.map(String) : [];
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || Number.isNaN(value)) throw new UsageError(`--${name} is "${text}"; give it a number`);
    return value;
  }

  /** The values of an option that may be given several times as NAME=VALUE. */
  pairs(name: string): Record<string, string> {
    return Object.fromEntries(
      this.texts(name).map(text => {
        const at = text.indexOf('=');
        if (at < 1) throw new UsageError(`--${name} is "${text}"; write it as NAME=VALUE`);
        return [text.slice(0, at), text.slice(at + 1)];
      }),
    );
  }

  positional(index: number, name: string): string {
    const value = this.positionals[index];
    if (value === undefined) throw new UsageError(`${name} is missing; see --help`);
    return value;
  }

  /** Client of the simulator that `--url` or BUILDKITE_SIMULATOR_URL names. */
  get client(): SimulatorClient {
    const url = this.text('url') ?? this.#environment['BUILDKITE_SIMULATOR_URL'];
    if (url === undefined || url === '') {
      throw new UsageError('which simulator? Give --url http://HOST:PORT, or set BUILDKITE_SIMULATOR_URL (`simulator start` prints it)');
    }
    if (!URL.canParse(url)) throw new UsageError(`the simulator's URL is "${url}"; write it as http://HOST:PORT`);
    return new SimulatorClient(new URL(url).origin);
  }
}

/** One subcommand. `run` prints with `print` and returns the exit status, 0 if it returns nothing. */
export interface Command {
  readonly name: string;
  /** Names of the positional arguments, as the help shows them. */
  readonly args?: string;
  readonly summary: string;
  readonly options?: Readonly<Record<string, Option>>;
  readonly run: (input: Input, print: (line: string) => void) => Promise<number | void>;
}

/** Options that every command has. */
const sharedOptions: Readonly<Record<string, Option>> = {
  help: { type: 'boolean', short: 'h', help: 'show this help' },
};

/** Option of every command that talks to a running simulator. */
export const urlOption: Readonly<Record<string, Option>> = {
  url: { type: 'string', value: 'URL', help: 'the simulator, e.g. http://127.0.0.1:4000; default: BUILDKITE_SIMULATOR_URL' },
};

/** Reads the arguments of a command; undefined when its help is wanted. */
export function readInput(
  command: Command,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Input | undefined {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { type, multiple = false, short }] of Object.entries({ ...sharedOptions, ...command.options })) {
    options[name] = { type, multiple, ...(short === undefined ? {} : { short }) };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return values['help'] === true ? undefined : new Input(values, positionals, environment, signal);
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nsee: simulator ${command.name} --help`);
  }
}

export function commandHelp({ name, args, summary, options }: Command): string {
  const lines = Object.entries({ ...options, ...sharedOptions }).map(([option, { value, short, help, multiple }]) => {
    const flag = `${short === undefined ? '' : `-${short}, `}--${option}${value === undefined ? '' : ` ${value}`}`;
    return `  ${flag.padEnd(28)} ${help}${multiple === true ? ' (repeatable)' : ''}`;
  });
  return [`usage: simulator ${name}${args === undefined ? '' : ` ${args}`} [options]`, '', summary, '', 'options:', ...lines].join('\n');
}
