import { gzipSync } from 'node:zlib';
import type { EnvVar } from './kubernetes-pod.ts';
import { paths } from './names.ts';

/**
 * A variable of more than 128 KiB, with its name and a zero byte at its end, cannot be passed to a process (Linux' MAX_ARG_STRLEN); all of
 * them together may have about 2 MiB. A longer command goes to a file: the set-up container gets it packed, in several variables, and the
 * command's container reads the file. The pod carries it, so no other object is needed, and compressed, so that it fits where the BuildJob did.
 */
const longestVariable = 131_072;

/** As much of a packed command as stands in one variable. */
const chunkSize = 120_000;

/** Whether a process can be given the variable. */
export function fitsProcess(name: string, value: string): boolean {
  return Buffer.byteLength(name) + Buffer.byteLength(value) + '=\0'.length <= longestVariable;
}

/** A command and the container that runs it. */
export interface NamedCommand {
  readonly name: string;
  readonly command: string;
}

/** What BUILDKITE_COMMAND of the container is: the command itself, or one that runs the file with it in the same shell. */
export function commandValue({ name, command }: NamedCommand): string {
  return fitsProcess('BUILDKITE_COMMAND', command) ? command : `. ${paths.commands}/${name}`;
}

/** What the set-up container needs and does to write the files. */
export interface CommandFiles {
  readonly env: readonly EnvVar[];
  readonly script: readonly string[];
}

/** The files of those commands that need one. They are for any user, as all in the workspace is. */
export function commandFiles(commands: readonly NamedCommand[]): CommandFiles {
  const long = commands.filter(({ command }) => !fitsProcess('BUILDKITE_COMMAND', command));
  const files = long.map(({ name, command }, index) => {
    // Base64 has no dollar that Kubernetes would take for a reference, and may be cut anywhere.
    const packed = gzipSync(command, { level: 9 }).toString('base64');
    const chunks = Array.from({ length: Math.ceil(packed.length / chunkSize) }, (_, at) =>
      packed.slice(at * chunkSize, (at + 1) * chunkSize),
    );
    const env = chunks.map((value, at) => ({ name: `COMMAND_${index}_${at}`, value }));
    const all = env.map(variable => `"$${variable.name}"`).join(' ');
    // printf is the shell's own: a program could not be given so long an argument.
    return { env, line: `printf %s ${all} | base64 -d | gzip -dc >${paths.commands}/${name}` };
  });
  return {
    env: files.flatMap(({ env }) => env),
    script: files.length === 0 ? [] : [`mkdir -p ${paths.commands}`, ...files.map(({ line }) => line)],
  };
}
