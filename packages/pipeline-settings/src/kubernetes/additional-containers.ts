import type { AdditionalContainer } from '@buildkite-operator/crds';
import type { JsonObject } from '@buildkite-operator/crds/toolkit';
import { ownContainerNames } from '@buildkite-operator/podspec';
import { type Draft, envOf, filled, mountsOf, type Placed, patchFieldsOf, placed } from './draft.ts';
import { additionalContainerFates } from './key-table.ts';
import type { KubernetesPlugin, PluginContainer } from './kubernetes-plugin.ts';

/** What the init containers and sidecars of a block become. */
export interface AdditionalParts {
  readonly initContainers: AdditionalContainer[];
  readonly extraContainers: AdditionalContainer[];
  /** Their entries in `podPatch.initContainers`. */
  readonly patches: readonly JsonObject[];
}

/** The start spec's init containers in their order, then the sidecars. */
export function additionalContainers(
  initContainers: readonly Placed<PluginContainer>[],
  plugin: KubernetesPlugin,
  draft: Draft,
): AdditionalParts {
  const { sidecars, sidecarParams, gitEnvFrom, extraVolumeMounts } = plugin;
  const own = initContainers.map(({ part, keys }) => {
    const { restartPolicy } = part;
    if (restartPolicy !== undefined && restartPolicy !== 'Always')
      draft.refuse([...keys, 'restartPolicy'], 'must be Always, for a sidecar, or be left out', restartPolicy);
    const more = { mounts: [], envFrom: [], name: undefined };
    return { isSidecar: restartPolicy === 'Always', ...mapped({ part, keys }, more, draft) };
  });
  const beside = placed(sidecars, ['sidecars']).map(({ part, keys }, index) => {
    const more = {
      mounts: [
        ...placed(extraVolumeMounts, ['extraVolumeMounts']),
        ...placed(sidecarParams?.extraVolumeMounts, ['sidecarParams', 'extraVolumeMounts']),
      ],
      envFrom: [...(sidecarParams?.envFrom ?? []), ...(gitEnvFrom ?? [])],
      name: `sidecar-${index}`,
    };
    return { isSidecar: true, ...mapped({ part, keys }, more, draft) };
  });
  const all = [...own, ...beside];
  for (const { keys } of initContainers.slice(0, 1)) draft.origins.field('initContainers', 'kubernetes', keys.slice(0, -1));
  draft.origins.field('extraContainers', 'kubernetes', ['sidecars']);
  // Sidecars come after all init containers, unless a patch gives the order.
  const firstSidecar = own.findIndex(({ isSidecar }) => isSidecar);
  const isMixed = firstSidecar >= 0 && own.slice(firstSidecar).some(({ isSidecar }) => !isSidecar);
  return {
    initContainers: all.filter(({ isSidecar }) => !isSidecar).map(({ container }) => container),
    extraContainers: all.filter(({ isSidecar }) => isSidecar).map(({ container }) => container),
    patches: all
      .filter(({ patch }) => isMixed || Object.keys(patch).length > 0)
      .map(({ container, patch }) => ({ name: container.name, ...patch })),
  };
}

interface More {
  readonly mounts: readonly Placed<NonNullable<PluginContainer['volumeMounts']>[number]>[];
  readonly envFrom: readonly JsonObject[];
  readonly name: string | undefined;
}

interface Mapped {
  readonly container: AdditionalContainer;
  readonly patch: JsonObject;
}

function mapped({ part, keys }: Placed<PluginContainer>, more: More, draft: Draft): Mapped {
  const { env, envFrom, volumeMounts, resources, restartPolicy: _restartPolicy, restartPolicyRules, ...rest } = part;
  if (restartPolicyRules !== undefined) {
    const { becomes } = additionalContainerFates['restartPolicyRules'] ?? {};
    draft.refuse([...keys, 'restartPolicyRules'], `cannot be had, for ${becomes}: remove it`, restartPolicyRules);
  }
  const name = part.name === undefined || part.name === '' ? more.name : part.name;
  if (name === undefined) draft.refuse([...keys, 'name'], 'is required: give the container a name of its own');
  if (part.image === undefined) draft.refuse([...keys, 'image'], 'is required: give the image of the container');
  if (name !== undefined && ownContainerNames.has(name))
    draft.refuse([...keys, 'name'], "is a container of the operator's own: choose another name", name);
  const patch = patchFieldsOf(rest, additionalContainerFates);
  const { claims, ...amounts } = resources ?? {};
  const settings = Object.fromEntries(Object.entries(rest).filter(([field]) => !Object.hasOwn(patch, field)));
  const container: AdditionalContainer = filled({
    ...settings,
    name,
    env: envOf(placed(env, [...keys, 'env']), draft),
    envFrom: [...(envFrom ?? []), ...more.envFrom].map(source => ({ ...source })),
    ...(Object.keys(amounts).length > 0 && { resources: amounts }),
    volumeMounts: mountsOf([...placed(volumeMounts, [...keys, 'volumeMounts']), ...more.mounts], draft),
  });
  return {
    container: draft.origins.object(container, 'kubernetes', keys),
    patch: filled({ ...patch, ...(claims !== undefined && { resources: { claims } }) }),
  };
}
