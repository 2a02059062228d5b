import { isObject } from '@buildkite-operator/crds/toolkit';
import type { Settings } from './kubernetes/draft.ts';
import type { Origin, Origins } from './origins.ts';
import { type PatchSource, patchOrigin } from './patch-origin.ts';
import type { PluginBlocks } from './plugin-blocks.ts';
import type { SettingsContext } from './settings-context.ts';
import { formatKeys, parseKeys } from './settings-problem.ts';

/** A BuildJob's spec, and what it was made of. */
export interface MadeSpec {
  readonly spec: Settings;
  readonly origins: Origins;
  readonly blocks: PluginBlocks;
  readonly context: SettingsContext;
}

/** Where the pipeline says what a field of the BuildJob holds, written as `spec.image`. Undefined where that cannot be told. */
export function pipelinePlace(field: string, { spec, origins, blocks, context }: MadeSpec): string | undefined {
  const [root, ...path] = parseKeys(field);
  if (root !== 'spec') return undefined;
  const [first, ...inPatch] = path;
  const { block, path: place } =
    first === 'podPatch' ? written(patchOrigin(spec.podPatch, inPatch, patchSources(blocks, context))) : origins.locate(spec, path);
  // What stands in no block is the BuildJob's own, or comes from the platform.
  return place === '' || block === 'job' ? undefined : `${block}.${place}`;
}

function written(origin: Origin | undefined): { readonly block: string; readonly path: string } {
  return origin === undefined ? { block: '', path: '' } : { block: origin.block, path: formatKeys(origin.keys) };
}

/** What `podPatch` is made of, in its order. */
function patchSources(
  { kubernetes = {}, 'buildkite-operator': operator = {} }: PluginBlocks,
  { podTemplates }: SettingsContext,
): PatchSource[] {
  const source = (block: PatchSource['block'], key: string, content: unknown): PatchSource[] =>
    isObject(content) ? [{ block, keys: [key], content }] : [];
  const { podSpec, podTemplate, podSpecPatch } = kubernetes;
  return [
    ...(podSpec === undefined
      ? source('kubernetes', 'podTemplate', podTemplates?.get(String(podTemplate)))
      : source('kubernetes', 'podSpec', podSpec)),
    ...source('kubernetes', 'podSpecPatch', podSpecPatch),
    ...source('buildkite-operator', 'podPatch', operator['podPatch']),
  ];
}
