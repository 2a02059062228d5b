import { runCli } from '../cli/run-cli.ts';

export interface CliResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command of `bko` within this process. */
export async function cliRun(words: readonly string[], stdin = ''): Promise<CliResult> {
  const output: string[] = [];
  const errors: string[] = [];
  const code = await runCli(words, {
    environment: {},
    stdin: (async function* () {
      yield Buffer.from(stdin);
    })(),
    write: async bytes => void output.push(Buffer.from(bytes as Uint8Array).toString()),
    printError: line => void errors.push(`${line}\n`),
    signal: new AbortController().signal,
  });
  return { code, output: output.join(''), errors: errors.join('') };
}
