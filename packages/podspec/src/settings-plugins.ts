import { paths } from './names.ts';

/**
 * The plugins whose blocks hold settings, by the word a pipeline uses, with the key that `buildkite-agent pipeline upload` makes of it.
 * No other spelling is meant: with a version, or from another owner, it is an ordinary plugin's.
 */
export const settingsPlugins = {
  'buildkite-operator': 'github.com/buildkite-plugins/buildkite-operator-buildkite-plugin',
  kubernetes: 'github.com/buildkite-plugins/kubernetes-buildkite-plugin',
} as const;

export type SettingsPlugin = keyof typeof settingsPlugins;

/** The folder, below the agent's plugins path and the agent's name, where buildkite-agent looks for a plugin before it clones it. */
export function pluginFolder(plugin: SettingsPlugin): string {
  return settingsPlugins[plugin].replaceAll(/[^a-zA-Z0-9]+/g, '-');
}

/** A commit that need not exist: what git says of HEAD is shown in the job's log, and nothing is read of it. */
const anyCommit = '0'.repeat(40);

/**
 * Shell commands that make the plugins' folders for the agent of this name, as it stands between double quotes of the shell. They are no plugins, and nobody can clone
 * them; but a job's environment cannot be changed from outside, and the agent drops the `kubernetes` block alone, as it does in
 * kubernetes-exec only. With a git folder, and an empty `hooks` in it, it takes a plugin for checked out, finds no hook, and goes on
 * (buildkite-agent v3.136.2, `checkoutPlugin`; tried with its bootstrap).
 */
export function makePluginFolders(agentName: string): string {
  const folders = (Object.keys(settingsPlugins) as SettingsPlugin[]).map(plugin => `${paths.plugins}/${agentName}/${pluginFolder(plugin)}`);
  return [
    `for plugin in ${folders.map(folder => `"${folder}"`).join(' ')}; do`,
    '  mkdir -p "$plugin/hooks" "$plugin/.git/objects" "$plugin/.git/refs"',
    `  echo ${anyCommit} >"$plugin/.git/HEAD"`,
    'done',
  ].join('\n');
}
