import { isObject, type JsonObject } from '@buildkite-operator/crds/toolkit';

/** Lists of a pod's spec that merge by a field of their items, as in Kubernetes; all others are replaced. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  env: 'name',
  hostAliases: 'ip',
  imagePullSecrets: 'name',
  initContainers: 'name',
  ports: 'containerPort',
  resourceClaims: 'name',
  schedulingGates: 'name',
  topologySpreadConstraints: 'topologyKey',
  volumeDevices: 'devicePath',
  volumeMounts: 'mountPath',
  volumes: 'name',
};

/**
 * One strategic merge patch of a pod's spec that does what two do one after the other. The first must be free of directives and nulls, but
 * for `$retainKeys`.
 */
export function combinePatches(first: JsonObject, second: JsonObject): JsonObject {
  if (second['$patch'] !== undefined) return second;
  const retained = Array.isArray(second['$retainKeys']) ? new Set<unknown>(second['$retainKeys']) : undefined;
  const kept = Object.entries(first).filter(([name]) => name !== '$retainKeys' && retained?.has(name) !== false);
  const merged = new Map<string, unknown>(kept);
  for (const [name, value] of Object.entries(second)) merged.set(name, combineField(name, merged.get(name), value));
  return Object.fromEntries(merged);
}

function combineField(name: string, before: unknown, value: unknown): unknown {
  if (isObject(before) && isObject(value)) return combinePatches(before, value);
  const key = Object.hasOwn(mergeKeys, name) ? mergeKeys[name] : undefined;
  if (key === undefined || !Array.isArray(before) || !Array.isArray(value)) return value;
  return combineLists(before.filter(isObject), value.filter(isObject), key);
}

function combineLists(before: readonly JsonObject[], patch: readonly JsonObject[], key: string): JsonObject[] {
  if (patch.some(item => item['$patch'] === 'replace')) return [...patch];
  const named = new Set(patch.map(item => item[key]));
  const places = new Map(before.map((item, index) => [item[key], index]));
  const untouched = before.filter(item => !named.has(item[key]));
  const ordered: JsonObject[] = [];
  // As Kubernetes orders a merged list: the patch's order, and what it does not name before the first named item that it preceded.
  for (const item of patch) {
    const place = places.get(item[key]) ?? -1;
    while (untouched[0] !== undefined && (places.get(untouched[0][key]) ?? -1) < place) ordered.push(...untouched.splice(0, 1));
    const earlier = before[place];
    const taken = ordered.findIndex(other => other[key] === item[key]);
    if (taken >= 0) ordered[taken] = combinePatches(ordered[taken] ?? {}, item);
    else ordered.push(earlier === undefined ? item : combinePatches(earlier, item));
  }
  return [...ordered, ...untouched];
}
