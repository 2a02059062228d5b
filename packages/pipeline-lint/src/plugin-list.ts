import { isObject } from '@buildkite-operator/crds/toolkit';
import type { Keys } from './yaml-source.ts';

/** A plugin of a step: its source in full, as the job's environment carries it, and its settings. */
export interface WrittenPlugin {
  readonly source: string;
  readonly settings: unknown;
  /** Keys of the entry. */
  readonly keys: Keys;
}

/** The plugins of a step in all forms that `buildkite-agent pipeline upload` takes: a list of words and maps, or one map. */
export function pluginList(plugins: unknown, keys: Keys): readonly WrittenPlugin[] {
  if (isObject(plugins)) return pluginsInMap(plugins, keys);
  if (!Array.isArray(plugins)) return [];
  return plugins.flatMap((entry, index) => {
    const place = [...keys, index];
    if (isObject(entry)) return pluginsInMap(entry, place);
    return typeof entry === 'string' ? [{ source: fullSource(entry), settings: undefined, keys: place }] : [];
  });
}

/** The value of `BUILDKITE_PLUGINS` that the upload makes of them. */
export function pluginsJson(plugins: readonly WrittenPlugin[]): string {
  return JSON.stringify(plugins.map(({ source, settings }) => ({ [source]: settings ?? null })));
}

function pluginsInMap(map: object, keys: Keys): readonly WrittenPlugin[] {
  return Object.entries(map).map(([name, settings]) => ({ source: fullSource(name), settings, keys: [...keys, name] }));
}

/**
 * A plugin's short name in full: `name` is GitHub's `buildkite-plugins/name-buildkite-plugin` and `owner/name` is `owner/name-buildkite-plugin`
 * there. Paths, URLs and longer names stay (go-pipeline, `Plugin.FullSource`).
 */
function fullSource(source: string): string {
  const [, path = '', version = ''] = /^([^#]*)(#.*)?$/s.exec(source) ?? [];
  if (path === '' || /^[./\\]/.test(path) || /^[^/]*:/.test(path)) return source;
  const parts = path.split('/');
  if (parts.length > 2) return source;
  const [owner, name] = parts.length === 1 ? ['buildkite-plugins', parts[0]] : parts;
  return `github.com/${owner}/${name}-buildkite-plugin${version}`;
}
