import { nearestKey, settingsPlugins } from '@buildkite-operator/pipeline-settings';
import type { WrittenPlugin } from './plugin-list.ts';

const names = Object.keys(settingsPlugins);
const sources = new Set<string>(Object.values(settingsPlugins));

/** Official plugins whose names are near ours by chance; theirs is what is meant. */
const others = new Set(['kubectl']);

/**
 * The settings plugin that was most likely meant by a source that is none: another owner's, a URL of it, another spelling. Undefined where
 * the source is a settings plugin, or like none.
 */
export function nearPlugin({ source }: WrittenPlugin): string | undefined {
  const path = source.replace(/#.*$/s, '');
  // With a version it is refused, and the refusal says what to do.
  if (sources.has(path)) return undefined;
  const last = path
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split(/[/:]/)
    .at(-1);
  const name = (last ?? '').replace(/-buildkite-plugin$/, '');
  return others.has(name) ? undefined : nearestKey(name, names);
}
