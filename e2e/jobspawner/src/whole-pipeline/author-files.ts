import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../repository');

/** The files of the repository whose pipeline is run, by path. */
export function authorFiles(): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  const paths = files.map(entry => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map(path => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}

const hook = (line: string) => `#!/bin/sh\n${line}\n`;

/** A plugin whose hooks tell that they run. */
export const tellingPlugin = {
  'plugin.yml': 'name: Telling\ndescription: says which hooks run\nauthor: test\nrequirements: []\nconfiguration: {}\n',
  'hooks/environment': hook('export FROM_PLUGIN="of the hook"'),
  'hooks/post-checkout': hook('echo "<post-checkout $BUILDKITE_PLUGIN_TELLING_OPTION>"'),
  'hooks/pre-command': hook('echo "<pre-command $BUILDKITE_PLUGIN_TELLING_OPTION>"'),
  'hooks/pre-exit': hook('[ -z "$BUILDKITE_COMMAND_EXIT_STATUS" ] || echo "<pre-exit $BUILDKITE_PLUGIN_TELLING_OPTION>"'),
};

/** A plugin that brings the command. */
export const commandingPlugin = {
  'plugin.yml': 'name: Commanding\ndescription: brings the command\nauthor: test\nrequirements: []\nconfiguration: {}\n',
  'hooks/command': hook('echo "<command of the plugin>"\nexit "$BUILDKITE_PLUGIN_COMMANDING_EXIT"'),
};
