import { expect, it } from 'vitest';
import { expandPluginSource } from './plugin-source.ts';

it.each([
  ['docker', 'github.com/buildkite-plugins/docker-buildkite-plugin'],
  ['docker#v5.1', 'github.com/buildkite-plugins/docker-buildkite-plugin#v5.1'],
  ['org/thing#main', 'github.com/org/thing-buildkite-plugin#main'],
  ['kubernetes', 'github.com/buildkite-plugins/kubernetes-buildkite-plugin'],
  ['github.com/org/thing#v1', 'github.com/org/thing#v1'],
  ['./local', './local'],
  ['/abs/olute#x', '/abs/olute#x'],
  ['https://git.example.com/plugin.git#v1', 'https://git.example.com/plugin.git#v1'],
  ['http://10.0.0.1:8080/plugin.git', 'http://10.0.0.1:8080/plugin.git'],
  ['file:///repos/plugin#main', 'file:///repos/plugin#main'],
  ['ssh://git@host/plugin.git', 'ssh://git@host/plugin.git'],
  ['git@github.com:org/plugin.git', 'git@github.com:org/plugin.git'],
  ['my:plugin', 'my:plugin'],
  ['', ''],
])('the plugin source %j is %j in full', (source, full) => {
  expect(expandPluginSource(source)).toBe(full);
});
