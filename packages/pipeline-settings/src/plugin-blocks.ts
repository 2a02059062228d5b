import { isObject, type JsonObject } from '@buildkite-operator/crds/toolkit';
import { type SettingsPlugin, settingsPlugins } from '@buildkite-operator/podspec';
import type { ReportSettings } from './settings-problem.ts';

/** The settings of each plugin block; undefined where the step has no such block. */
export type PluginBlocks = { readonly [Name in SettingsPlugin]: JsonObject | undefined };

/** Where null is a value: a strategic merge patch deletes by it. Elsewhere it is what YAML makes of a key without a value. */
const patchKeys: Readonly<Record<SettingsPlugin, string>> = { 'buildkite-operator': 'podPatch', kubernetes: 'podSpecPatch' };

/** More than any pod has, and little enough for every walk over the value. */
const deepest = 64;

/**
 * The blocks in the JSON of `BUILDKITE_PLUGINS`. Several blocks of one plugin are laid over one another in their order: objects merge,
 * anything else is replaced. Other plugins are the agent's business. Reports what is no list of plugins.
 */
export function pluginBlocks(json: string | undefined, report: ReportSettings): PluginBlocks {
  const plugins = readPlugins(json, report).flatMap(plugin => entryOf(plugin, report));
  const blockOf = (name: SettingsPlugin) => {
    const own = plugins.filter(({ key }) => key === settingsPlugins[name]);
    const objects = own.flatMap(({ settings }): JsonObject[] => {
      if (isObject(settings)) return [settings];
      if (settings !== null && settings !== undefined) report({ block: name, path: '', value: settings, problem: 'must be an object' });
      return [{}];
    });
    if (objects.length === 0) return undefined;
    return withoutNulls(objects.reduce(overlay), patchKeys[name]);
  };
  for (const { key } of plugins) refuseVersion(key, report);
  return { 'buildkite-operator': blockOf('buildkite-operator'), kubernetes: blockOf('kubernetes') };
}

interface PluginEntry {
  readonly key: string;
  readonly settings: unknown;
}

function readPlugins(json: string | undefined, report: ReportSettings): readonly unknown[] {
  if (json === undefined || json.trim() === '') return [];
  const refuse = (problem: string, value?: unknown): readonly unknown[] => {
    report({ block: 'plugins', path: '', problem, ...(value !== undefined && { value }) });
    return [];
  };
  if (nesting(json) > deepest) return refuse(`are nested deeper than ${deepest} levels, and no pod needs that: flatten them`);
  try {
    const plugins: unknown = JSON.parse(json);
    if (Array.isArray(plugins)) return plugins;
    return plugins === null ? [] : refuse('must be a list of plugins', plugins);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse(`are no JSON (${error.message}): upload the pipeline again`);
  }
}

function entryOf(plugin: unknown, report: ReportSettings): PluginEntry[] {
  if (typeof plugin === 'string') return [{ key: plugin, settings: undefined }];
  const entries = isObject(plugin) ? Object.entries(plugin) : [];
  const [entry] = entries;
  if (entry !== undefined && entries.length === 1) return [{ key: entry[0], settings: entry[1] }];
  report({
    block: 'plugins',
    path: '',
    value: plugin,
    problem: 'must each be one plugin: give every plugin an entry of its own in the list',
  });
  return [];
}

function refuseVersion(key: string, report: ReportSettings): void {
  for (const [name, source] of Object.entries(settingsPlugins)) {
    if (key.startsWith(`${source}#`))
      report({ block: 'plugins', path: '', value: key, problem: `has a version, and there is none to choose: write ${name} alone` });
  }
}

/** How deep brackets stand in one another, outside of texts. */
function nesting(json: string): number {
  let depth = 0;
  let most = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}

function overlay(below: JsonObject, above: JsonObject): JsonObject {
  const merged = Object.entries(above).map(([name, value]) => {
    const before = Object.hasOwn(below, name) ? below[name] : undefined;
    return [name, isObject(before) && isObject(value) ? overlay(before, value) : value] as const;
  });
  return Object.fromEntries([...Object.entries(below), ...merged]);
}

function withoutNulls(object: JsonObject, except?: string): JsonObject {
  const kept = Object.entries(object).filter(([, value]) => value !== null);
  return Object.fromEntries(kept.map(([name, value]) => [name, name === except ? value : withoutNullsIn(value)]));
}

function withoutNullsIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullsIn);
  return isObject(value) ? withoutNulls(value) : value;
}
