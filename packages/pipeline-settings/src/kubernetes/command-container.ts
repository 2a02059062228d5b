import type { CommandContainer } from '@buildkite-operator/crds';
import type { JsonObject } from '@buildkite-operator/crds/toolkit';
import { containerNames, ownContainerNames } from '@buildkite-operator/podspec';
import { type Draft, envOf, filled, mountsOf, type Placed, patchFieldsOf, placed, type Settings } from './draft.ts';
import { type Interposer, interpose } from './interposer.ts';
import { commandContainerFates } from './key-table.ts';
import type { KubernetesPlugin, PluginContainer } from './kubernetes-plugin.ts';
import { renameContainer } from './rename-container.ts';

/** What a container with a command becomes. */
export interface CommandParts {
  /** Its entry in `podPatch`, without a name. */
  readonly patch: JsonObject;
  /** The name that the pipeline knows it by. */
  readonly name: string;
  /** The name that it has in the pod. */
  readonly target: string;
  readonly container: PluginContainer;
}

/** The first of them, whose settings are those of the BuildJob itself. */
export interface MainCommand extends CommandParts {
  readonly settings: Settings;
}

/** One that runs after it. */
export interface FurtherCommand extends CommandParts {
  readonly entry: CommandContainer;
}

/** How the containers of a pipeline come to their commands. */
export interface CommandRules {
  readonly interposer: Interposer;
  /** What a container without a command of its own runs. */
  readonly stepCommand: string;
}

/** Maps the first container of the start spec, or what stands for it where there is none. */
export function mainCommand(
  containers: readonly Placed<PluginContainer>[],
  plugin: KubernetesPlugin,
  { interposer }: CommandRules,
  draft: Draft,
): MainCommand {
  const { part: container, keys }: Placed<PluginContainer> = containers[0] ?? { part: {}, keys: [] };
  const target = containerNames.command;
  const name = nameOf(container, target);
  checkContainer({ part: container, keys }, { name, free: target }, draft);
  const { claims, ...amounts } = container.resources ?? {};
  const settings: Settings = filled({
    command: commandOf(container, interposer),
    image: container.image === '' ? undefined : container.image,
    env: envOf(placed(renameContainer(container.env, name, target), [...keys, 'env']), draft),
    resources: Object.keys(amounts).length > 0 ? amounts : undefined,
  });
  for (const field of ['command', 'image', 'resources'] as const)
    if (settings[field] !== undefined) draft.origins.field(field, 'kubernetes', [...keys, field]);
  const patch = filled({
    ...patchFieldsOf(container, commandContainerFates),
    ...(claims !== undefined && { resources: { claims } }),
    envFrom: envFromOf(container, plugin),
    volumeMounts: mountsIn({ part: container, keys }, plugin, draft),
  });
  return { settings, patch, name, target, container };
}

/** Maps the containers after the first. */
export function furtherCommands(
  [, ...containers]: readonly Placed<PluginContainer>[],
  plugin: KubernetesPlugin,
  { interposer, stepCommand }: CommandRules,
  draft: Draft,
): FurtherCommand[] {
  for (const { keys } of containers.slice(0, 1)) draft.origins.field('commandContainers', 'kubernetes', keys.slice(0, -1));
  return containers.map(({ part: container, keys }, index) => {
    const name = nameOf(container, `container-${index + 1}`);
    checkContainer({ part: container, keys }, { name }, draft);
    const { claims, ...amounts } = container.resources ?? {};
    const { image, imagePullPolicy, ports, securityContext, ...patch } = filled({
      image: container.image === '' ? undefined : container.image,
      ...patchFieldsOf(container, commandContainerFates),
      ...(claims !== undefined && { resources: { claims } }),
    }) as JsonObject & Pick<CommandContainer, 'image' | 'imagePullPolicy' | 'ports' | 'securityContext'>;
    const { envFrom: _envFrom, volumeMounts: _volumeMounts, ...rest } = patch;
    const entry: CommandContainer = {
      name,
      ...filled({
        command: commandOf(container, interposer) ?? stepCommand,
        image,
        imagePullPolicy,
        ports,
        securityContext,
        env: envOf(placed(container.env, [...keys, 'env']), draft),
        envFrom: envFromOf(container, plugin).map(source => ({ ...source })),
        resources: Object.keys(amounts).length > 0 ? amounts : undefined,
        volumeMounts: mountsIn({ part: container, keys }, plugin, draft),
      }),
    };
    return { entry: draft.origins.object(entry, 'kubernetes', keys), patch: rest, name, target: name, container };
  });
}

function envFromOf(container: PluginContainer, { commandParams, gitEnvFrom }: KubernetesPlugin): JsonObject[] {
  return [container, commandParams, { envFrom: gitEnvFrom }].flatMap(source => source?.envFrom ?? []);
}

function mountsIn({ part: container, keys }: Placed<PluginContainer>, plugin: KubernetesPlugin, draft: Draft) {
  return mountsOf(
    [
      ...placed(container.volumeMounts, [...keys, 'volumeMounts']),
      ...placed(plugin.commandParams?.extraVolumeMounts, ['commandParams', 'extraVolumeMounts']),
      ...placed(plugin.extraVolumeMounts, ['extraVolumeMounts']),
    ],
    draft,
  );
}

function nameOf({ name }: PluginContainer, otherwise: string): string {
  return name === undefined || name === '' ? otherwise : name;
}

/** Without a command of its own, a container runs the step's. */
function commandOf({ command = [], args = [] }: PluginContainer, interposer: Interposer): string | undefined {
  return command.length === 0 ? undefined : interpose(interposer, command, args);
}

/** `free` is the operator's own name that it may have. */
function checkContainer(
  { part: container, keys }: Placed<PluginContainer>,
  { name, free }: { readonly name: string; readonly free?: string },
  draft: Draft,
): void {
  if (ownContainerNames.has(name) && name !== free)
    draft.refuse([...keys, 'name'], "is a container of the operator's own: choose another name", name);
  for (const [field, { fate, becomes }] of Object.entries(commandContainerFates)) {
    const value: unknown = container[field];
    if (fate === 'refused' && value !== undefined) draft.refuse([...keys, field], `cannot be had, for ${becomes}: remove it`, value);
    if (fate === 'ignored' && value !== undefined) draft.notice([...keys, field], `has no effect: ${becomes}`);
  }
  if ((container.args ?? []).length > 0 && (container.command ?? []).length === 0)
    draft.notice([...keys, 'args'], "has no effect without a command beside it: the step's own command runs");
}
