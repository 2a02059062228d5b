import { errorMessage } from '@buildkite-operator/service';
import { SimulatorRequestError, WaitTimeout } from '../client/client-errors.ts';
import { buildCommands } from './build-commands.ts';
import { type Command, commandHelp, readInput, UsageError } from './command.ts';
import { controlCommands } from './control-commands.ts';
import { stackCommands } from './stack-commands.ts';
import { startCommand } from './start-command.ts';

const commands: readonly Command[] = [startCommand, ...buildCommands, ...controlCommands, ...stackCommands];

/** Where the command line prints, and what it may be stopped by. */
export interface CliSurroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs one command. Gives the exit status: 0 done, 1 failed or refused, 2 the command line is wrong. */
export async function runCli(args: readonly string[], { environment, print, printError, signal }: CliSurroundings): Promise<number> {
  const words = args.filter(arg => !arg.startsWith('-'));
  if (words.length === 0) {
    print(overview());
    return args.includes('--help') || args.includes('-h') ? 0 : 2;
  }
  const command = findCommand(args);
  if (command === undefined) {
    printError(`error: there is no command "${words.slice(0, 2).join(' ')}"\n\n${overview()}`);
    return 2;
  }
  try {
    const input = readInput(command, args.slice(command.name.split(' ').length), environment, signal);
    if (input !== undefined) return (await command.run(input, print)) ?? 0;
    print(commandHelp(command));
    return 0;
  } catch (error) {
    printError(`error: ${explain(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function findCommand(args: readonly string[]): Command | undefined {
  return commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
}

function overview(): string {
  const lines = commands.map(({ name, args, summary }) => `  ${`${name}${args === undefined ? '' : ` ${args}`}`.padEnd(28)} ${summary}`);
  return [
    'usage: simulator COMMAND [options]',
    '',
    'A stand-in for Buildkite that real agents can work with.',
    '',
    ...lines,
    '',
    'simulator COMMAND --help tells more.',
  ].join('\n');
}

function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof SimulatorRequestError || error instanceof WaitTimeout) return error.message;
  const text = errorMessage(error);
  if (/ECONNREFUSED|fetch failed/.test(text)) return `the simulator cannot be reached (${text}); is it running, and is its URL right?`;
  if (/EADDRINUSE/.test(text)) return `${text}; choose another --port, or leave it out to get a free one`;
  return text;
}
