import { errorMessage } from '@buildkite-operator/service';
import { lintCommand } from '../lint/lint-command.ts';
import { schemaCommand } from '../lint/schema-command.ts';
import { runCommand } from '../run/run-command.ts';
import { type Command, commandHelp, readInput, type Surroundings } from './command.ts';
import { UsageError } from './usage-error.ts';

const commands: readonly Command[] = [lintCommand, schemaCommand, runCommand];

/** Runs what the words ask for and returns the exit code: 2 where the command line is wrong, 1 where the program failed, else the command's. */
export async function runCli([name, ...rest]: readonly string[], surroundings: Surroundings): Promise<number> {
  const { write, printError } = surroundings;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    await write(overview());
    return name === undefined ? 2 : 0;
  }
  const command = commands.find(command => command.name === name);
  if (command === undefined) {
    printError(`bko: there is no command "${name}"; the commands are ${commands.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  try {
    const input = readInput(command, rest);
    if (input !== undefined) return await command.run(input, surroundings);
    await write(commandHelp(command));
    return 0;
  } catch (error) {
    printError(`bko ${name}: ${error instanceof UsageError ? error.message : errorMessage(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function overview(): string {
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`);
  return [
    'usage: bko COMMAND [options]',
    '',
    'The command line of Buildkite Operator.',
    '',
    ...lines,
    '',
    'bko COMMAND --help tells more.',
    '',
  ].join('\n');
}
