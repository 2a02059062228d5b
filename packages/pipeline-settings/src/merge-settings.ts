import { isObject, type JsonObject } from '@buildkite-operator/crds/toolkit';
import { mergeEnv, mergeResources } from '@buildkite-operator/podspec';
import type { Settings } from './kubernetes/draft.ts';

/** Lists of a BuildJob to which a later layer adds. */
const addedLists = [
  'commandContainers',
  'initContainers',
  'extraContainers',
  'tolerations',
  'jobNodeRequirements',
  'jobNodePreferences',
  'topologySpreadConstraints',
] as const;

/** Objects of a BuildJob that merge key by key. */
const mergedObjects = ['checkout', 'nodeSelector', 'podLabels', 'podAnnotations', 'repoMirror'] as const;

/**
 * One layer of settings over another: `env` goes by name and `resources` resource by resource, lists of containers and node rules are added
 * to, objects merge key by key, and anything else is the upper layer's. `podPatch` is not looked into.
 */
export function mergeSettings(below: Settings, above: Settings): Settings {
  const merged: Settings = { ...below, ...above };
  if (below.env !== undefined && above.env !== undefined) merged.env = mergeEnv(below.env, above.env);
  if (below.resources !== undefined && above.resources !== undefined) merged.resources = mergeResources(below.resources, above.resources);
  const lists = addedLists.flatMap(name => {
    const parts = [below[name], above[name]].flatMap((list): readonly object[] => list ?? []);
    return parts.length === 0 ? [] : [[name, parts] as const];
  });
  const objects = mergedObjects.flatMap(name => {
    const parts = [below[name], above[name]].filter((part): part is JsonObject => isObject(part));
    return parts.length === 0 ? [] : [[name, Object.fromEntries(parts.flatMap(part => Object.entries(part)))] as const];
  });
  return { ...merged, ...Object.fromEntries([...lists, ...objects]) };
}
