import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePluginFolders, pluginFolder } from './settings-plugins.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plugins-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function make(agentName: string, env: Readonly<Record<string, string>> = {}): string[] {
  const script = makePluginFolders(agentName).replaceAll('/workspace/', `${root}/`);
  execFileSync('/bin/sh', ['-ec', script], { env: { ...process.env, ...env } });
  return readdirSync(root, { recursive: true, encoding: 'utf8' });
}

describe('the folders of the plugins that hold settings', () => {
  // These are the names that buildkite-agent v3.136.2 looks for.
  it.each([
    ['buildkite-operator', 'github-com-buildkite-plugins-buildkite-operator-buildkite-plugin'],
    ['kubernetes', 'github-com-buildkite-plugins-kubernetes-buildkite-plugin'],
  ] as const)('%s has %s, below the name of the agent', (plugin, folder) => {
    expect(pluginFolder(plugin)).toBe(folder);
    expect(make('bk-1')).toEqual(expect.arrayContaining([`plugins/bk-1/${folder}/hooks`, `plugins/bk-1/${folder}/.git/HEAD`]));
  });

  it('go by a name that only the shell knows', () => {
    expect(make('$NAME', { NAME: 'an agent/7' })).toContain(`plugins/an agent/7/${pluginFolder('kubernetes')}/hooks`);
  });

  it('may be there already', () => {
    make('bk-1');
    expect(() => make('bk-1')).not.toThrow();
  });

  it('are repositories to git, which the agent asks for their commit', () => {
    make('bk-1');
    const head = execFileSync('git', ['rev-parse', '--short=7', 'HEAD'], {
      cwd: join(root, 'plugins/bk-1', pluginFolder('buildkite-operator')),
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' },
    });
    expect(head).toBe('0000000\n');
    expect(readFileSync(join(root, 'plugins/bk-1', pluginFolder('kubernetes'), '.git/HEAD'), 'utf8')).toMatch(/^0{40}\n$/);
  });
});
