import { isObject, type JsonObject } from '@buildkite-operator/crds/toolkit';
import { containerNames, volumeNames } from '@buildkite-operator/podspec';
import type { KeyPath } from '../schema-problems.ts';
import { additionalContainers } from './additional-containers.ts';
import { checkoutParts } from './checkout.ts';
import { type CommandRules, furtherCommands, mainCommand } from './command-container.ts';
import { type Draft, filled, patchFieldsOf, placed, type Settings } from './draft.ts';
import { podSpecFates } from './key-table.ts';
import type { KubernetesPlugin, PluginPodSpec } from './kubernetes-plugin.ts';
import { podSpecPatchParts, type settingsInPatch } from './pod-spec-patch.ts';
import { renameContainer } from './rename-container.ts';

const ownVolumeNames: ReadonlySet<string> = new Set(Object.values(volumeNames));

/** A start spec and the keys that lead to it: `podSpec`, or `podTemplate` whose spec it is. */
export interface StartSpec {
  readonly spec: PluginPodSpec;
  readonly keys: KeyPath;
}

/** What a `kubernetes` block becomes. */
export interface KubernetesParts {
  /** All but `podPatch`. */
  readonly settings: Settings;
  /** What the start spec says of the pod and a BuildJob cannot, as a patch without directives. */
  readonly startPatch: JsonObject;
  /** What `podSpecPatch` says. */
  readonly lastPatch: JsonObject;
}

/**
 * The settings of a `kubernetes` block, in the official controller's order: the start spec, then what the other keys add to its containers,
 * then `podSpecPatch` over everything.
 */
export function mapKubernetes(plugin: KubernetesPlugin, { spec, keys }: StartSpec, defaults: CommandRules, draft: Draft): KubernetesParts {
  const rules = { ...defaults, interposer: plugin.commandParams?.interposer || defaults.interposer };
  const containers = placed(spec.containers, [...keys, 'containers']);
  const command = mainCommand(containers, plugin, rules, draft);
  const further = furtherCommands(containers, plugin, rules, draft);
  const additional = additionalContainers(placed(spec.initContainers, [...keys, 'initContainers']), plugin, draft);
  const checkout = checkoutParts(plugin, draft);
  refuseStartSpec(spec, keys, draft);
  const base = withoutEmpty({
    ...patchFieldsOf(spec, podSpecFates),
    volumes: [...(spec.volumes ?? []), ...checkout.volumes],
    containers: [
      { name: containerNames.checkout, ...checkout.patch },
      ...[command, ...further].map(({ target, patch }) => ({ name: target, ...patch })),
    ].filter(entry => Object.keys(entry).length > 1),
    initContainers: additional.patches,
  });
  const { podSpecPatch } = plugin;
  const patch = podSpecPatch === undefined ? undefined : podSpecPatchParts(podSpecPatch, [command, ...further], rules.interposer, draft);
  const finished = (part: JsonObject) =>
    renameContainer(checkout.checkout?.skip === true ? withoutCheckout(part) : part, command.name, containerNames.command);
  return {
    settings: {
      ...podSettings(plugin, { spec, keys }, draft),
      ...command.settings,
      ...filled({
        initContainers: additional.initContainers,
        extraContainers: additional.extraContainers,
        checkout: checkout.checkout,
        command: patch?.commands.get(command.target) ?? command.settings.command,
        commandContainers: further.map(({ entry }) => {
          const changed = patch?.commands.get(entry.name);
          if (changed !== undefined) entry.command = changed;
          return entry;
        }),
      }),
    },
    startPatch: finished(base),
    lastPatch: finished(patch?.patch ?? {}),
  };
}

/** Fields of the pod as a whole that a BuildJob has as well. */
function podSettings(plugin: KubernetesPlugin, { spec, keys }: StartSpec, draft: Draft): Settings {
  const { metadata, jobActiveDeadlineSeconds, podSpecPatch } = plugin;
  const patched = (field: (typeof settingsInPatch)[number]) => {
    const value = podSpecPatch?.[field];
    if (value === null) return undefined;
    const name = field === 'serviceAccount' ? 'serviceAccountName' : field === 'activeDeadlineSeconds' ? 'timeoutSeconds' : field;
    if ((value ?? spec[field]) !== undefined)
      draft.origins.field(name, 'kubernetes', value === undefined ? [...keys, field] : ['podSpecPatch', field]);
    return value ?? spec[field];
  };
  const deadlines = [patched('activeDeadlineSeconds'), jobActiveDeadlineSeconds].filter(value => typeof value === 'number');
  if (jobActiveDeadlineSeconds !== undefined && Math.min(...deadlines) === jobActiveDeadlineSeconds)
    draft.origins.field('timeoutSeconds', 'kubernetes', ['jobActiveDeadlineSeconds']);
  for (const field of ['nodeSelector', 'priorityClassName', 'runtimeClassName', 'tolerations', 'topologySpreadConstraints'])
    draft.origins.field(field, 'kubernetes', [...keys, field]);
  draft.origins.field('podLabels', 'kubernetes', ['metadata', 'labels']);
  draft.origins.field('podAnnotations', 'kubernetes', ['metadata', 'annotations']);
  const { nodeSelector, priorityClassName, runtimeClassName } = spec;
  const eachFrom = <Part extends object>(list: readonly Part[] | undefined, name: string) =>
    list?.map((part, index) => draft.origins.object({ ...part }, 'kubernetes', [...keys, name, index]));
  return filled({
    nodeSelector,
    priorityClassName,
    runtimeClassName,
    tolerations: eachFrom(spec.tolerations, 'tolerations'),
    topologySpreadConstraints: eachFrom(spec.topologySpreadConstraints, 'topologySpreadConstraints'),
    serviceAccountName: (patched('serviceAccount') ?? undefined) as string | undefined,
    ...filled({ serviceAccountName: patched('serviceAccountName') as string | undefined }),
    terminationGracePeriodSeconds: patched('terminationGracePeriodSeconds') as number | undefined,
    timeoutSeconds: deadlines.length === 0 ? undefined : Math.min(...deadlines),
    podLabels: metadata?.labels,
    podAnnotations: metadata?.annotations,
  });
}

function refuseStartSpec(spec: PluginPodSpec, keys: KeyPath, draft: Draft): void {
  if (spec['ephemeralContainers'] !== undefined)
    draft.refuse([...keys, 'ephemeralContainers'], 'cannot be in a pod when it is made: leave it out', spec['ephemeralContainers']);
  // Of a PodTemplate, the API server fills it in where its author says nothing.
  const isFilledIn = keys[0] === 'podTemplate' && spec.restartPolicy === 'Always';
  if (spec.restartPolicy !== undefined && spec.restartPolicy !== 'Never' && !isFilledIn)
    draft.notice([...keys, 'restartPolicy'], 'has no effect: the pod of a job runs once');
  for (const { part, keys: place } of placed(spec.volumes, [...keys, 'volumes'])) {
    const { name } = part;
    if (typeof name !== 'string' || name === '') draft.refuse([...place, 'name'], 'is required: give the volume a name');
    else if (ownVolumeNames.has(name)) draft.refuse([...place, 'name'], "is a volume of the operator's own: choose another name", name);
  }
}

/** Without the container that a skipped checkout does not have: a patch of it would bring another one of that name. */
function withoutCheckout(patch: JsonObject): JsonObject {
  const { containers } = patch;
  if (!Array.isArray(containers)) return patch;
  return withoutEmpty({ ...patch, containers: containers.filter(entry => !isObject(entry) || entry['name'] !== containerNames.checkout) });
}

function withoutEmpty(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !(Array.isArray(value) && value.length === 0)));
}
