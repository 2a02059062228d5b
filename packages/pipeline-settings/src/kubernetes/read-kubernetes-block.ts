import type { JsonObject } from '@buildkite-operator/crds/toolkit';
import { knownFields } from '../operator-block.ts';
import { podTypeSchema } from '../pod-types/pod-type-schema.ts';
import { type KeyPath, zodFaults } from '../schema-problems.ts';
import { formatKeys, type ReportSettings } from '../settings-problem.ts';
import type { KubernetesPlugin, PluginPodSpec } from './kubernetes-plugin.ts';
import type { StartSpec } from './map-kubernetes.ts';
import { kubernetesBlock, kubernetesKeys, pluginObjectKeys, podTypeByKey } from './plugin-schema.ts';

/** A `kubernetes` block as its schema takes it. Undefined where something is wrong, which is reported. */
export function readKubernetesBlock(block: JsonObject, report: ReportSettings, allowed?: readonly string[]): KubernetesPlugin | undefined {
  const faults = zodFaults(kubernetesBlock, block, knownKeys);
  const permitted = kubernetesKeys.filter(key => allowed === undefined || allowed.includes(key));
  const forbidden = Object.keys(block).filter(key => kubernetesKeys.includes(key) && !permitted.includes(key));
  for (const { path, value, problem } of faults)
    report({ block: 'kubernetes', path: formatKeys(path), problem, ...(value !== undefined && { value }) });
  for (const key of forbidden)
    report({
      block: 'kubernetes',
      path: key,
      problem: `is not allowed here: remove it, or ask the platform for it; allowed are ${permitted.join(', ') || 'none'}`,
    });
  return faults.length + forbidden.length === 0 ? block : undefined;
}

/** The spec that the block starts from: `podSpec`, else the template, else nothing. Undefined where the template is wrong, which is reported. */
export function startSpecOf(
  { podSpec, podTemplate }: KubernetesPlugin,
  templates: ReadonlyMap<string, unknown>,
  report: ReportSettings,
): StartSpec | undefined {
  if (podSpec !== undefined) return { spec: podSpec, keys: ['podSpec'] };
  if (podTemplate === undefined || podTemplate === '') return { spec: {}, keys: ['podSpec'] };
  const refuse = (path: string, problem: string, value?: unknown) =>
    report({ block: 'kubernetes', path, problem, ...(value !== undefined && { value }) });
  const spec = templates.get(podTemplate);
  if (spec === undefined) {
    const known = [...templates.keys()].toSorted().join(', ');
    refuse(
      'podTemplate',
      `is no PodTemplate of the namespace (${known === '' ? 'it has none' : `it has ${known}`}): create it, or name another`,
      podTemplate,
    );
    return undefined;
  }
  const faults = zodFaults(podTypeSchema('PodSpec'), spec, path => knownFields('PodSpec', path));
  for (const { path, value, problem } of faults) refuse(formatKeys(['podTemplate', ...path]), problem, value);
  return faults.length === 0 ? { spec: spec as PluginPodSpec, keys: ['podTemplate'] } : undefined;
}

/** The keys that could stand at a place of the block. */
function knownKeys(path: KeyPath): Iterable<string> {
  const names = path.filter(step => typeof step === 'string');
  const own = pluginObjectKeys.get(names.join('.'));
  if (own !== undefined) return own;
  for (let length = names.length; length > 0; length -= 1) {
    const type = podTypeByKey.get(names.slice(0, length).join('.'));
    if (type !== undefined) return knownFields(type, names.slice(length));
  }
  return [];
}
