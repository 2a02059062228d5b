/** How a container's `command` and `args` become the job's command. */
export const interposers = ['buildkite', 'vector', 'legacy'] as const;

export type Interposer = (typeof interposers)[number];

/**
 * The command of a container as the one script that the agent runs by `/bin/sh -ec`:
 * `buildkite` takes each item of `command` for a line and puts the quoted `args` at the end of the last, `vector` takes both lists for one
 * command line, each word quoted, and `legacy` joins everything with spaces.
 */
export function interpose(interposer: Interposer, command: readonly string[], args: readonly string[]): string {
  switch (interposer) {
    case 'buildkite':
      return [command.join('\n'), ...args.map(quoted)].filter((part, index) => index > 0 || part !== '').join(' ');
    case 'vector':
      return [...command, ...args].map(quoted).join(' ');
    case 'legacy':
      return [...command, ...args].join(' ');
  }
}

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  if (word === '') return "''";
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return word
    .split("'")
    .map(part => (part === '' ? '' : `'${part}'`))
    .join(String.raw`\'`);
}
