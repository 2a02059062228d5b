import { isDeepStrictEqual } from 'node:util';
import type {
  AdditionalContainer,
  BuildEnvironment,
  BuildEnvironmentSpec,
  BuildJob,
  ContainerTemplate,
  ResourceRequirements,
  Volume,
} from '@buildkite-operator/crds';
import type { PodDefaults } from './defaults.ts';
import { ownVolumeNames } from './names.ts';
import { RenderError } from './render-error.ts';

/** The BuildEnvironments of the job's namespace, by name. */
export type Environments = ReadonlyMap<string, BuildEnvironment>;

/** An init container or sidecar with its environment's template filled in. */
export interface ResolvedContainer {
  readonly name: string;
  readonly template: ContainerTemplate & { readonly image: string };
  /** Path of the entry in the job's spec, for messages. */
  readonly field: string;
}

/** What the pod is made of, after operator defaults, environment and job have been laid over each other. */
export interface Composition {
  readonly environmentName: string | undefined;
  readonly environment: BuildEnvironmentSpec;
  readonly command: ContainerTemplate & { readonly image: string };
  readonly initContainers: readonly ResolvedContainer[];
  readonly sidecars: readonly ResolvedContainer[];
  readonly volumes: readonly Volume[];
}

/**
 * Lays job over environment over operator defaults. Scalars: the job's wins. Maps (resources, node selector): key by key.
 * Variables and volumes: by name. Lists (init containers, sidecars, tolerations, node rules): the environment's, then the job's.
 * Throws RenderError `EnvironmentNotFound` or `VolumeConflict`.
 */
export function compose(job: BuildJob, environments: Environments, defaults: PodDefaults): Composition {
  const { spec } = job;
  const environmentName = spec.environment ?? defaults.environment;
  const environment = environmentName === undefined ? {} : find(environments, environmentName, 'spec.environment').spec;
  const template = environment.container ?? {};
  const resources = mergeResources(defaults.resources, template.resources, spec.resources);
  const resolve = (list: AdditionalList) => [
    ...(environment[list] ?? []).map((entry, index) =>
      resolveContainer(entry, list, environments, `environment ${environmentName}: spec.${list}[${index}]`),
    ),
    ...(spec[list] ?? []).map((entry, index) => resolveContainer(entry, list, environments, `spec.${list}[${index}]`)),
  ];
  const initContainers = resolve('initContainers');
  const sidecars = resolve('extraContainers');
  return {
    environmentName,
    environment,
    command: {
      ...template,
      image: spec.image ?? template.image ?? defaults.image,
      env: mergeEnv(template.env, spec.env),
      resources,
    },
    initContainers: initContainers.map(({ container }) => container),
    sidecars: sidecars.map(({ container }) => container),
    volumes: mergeVolumes([
      { environmentName, volumes: environment.volumes },
      ...initContainers.map(({ source }) => source),
      ...sidecars.map(({ source }) => source),
    ]),
  };
}

/** Later lists win, variable by variable; the order is that of first mention. */
export function mergeEnv<Variable extends { readonly name: string }>(...lists: readonly (readonly Variable[] | undefined)[]): Variable[] {
  return [...new Map(lists.flatMap(list => list ?? []).map(variable => [variable.name, variable])).values()];
}

/** Later requirements win, resource by resource. */
export function mergeResources(...layers: readonly (ResourceRequirements | undefined)[]): ResourceRequirements {
  const requests = Object.assign({}, ...layers.map(layer => layer?.requests)) as NonNullable<ResourceRequirements['requests']>;
  const limits = Object.assign({}, ...layers.map(layer => layer?.limits)) as NonNullable<ResourceRequirements['limits']>;
  return {
    ...(Object.keys(requests).length > 0 && { requests }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}

function find(environments: Environments, name: string, field: string): BuildEnvironment {
  const environment = environments.get(name);
  if (environment !== undefined) return environment;
  const known = [...environments.keys()].toSorted().join(', ');
  throw new RenderError(
    'EnvironmentNotFound',
    field,
    `there is no BuildEnvironment "${name}" in the namespace (${known === '' ? 'it has none' : `it has ${known}`}); create it or name another`,
  );
}

type AdditionalList = 'initContainers' | 'extraContainers';

function resolveContainer(entry: AdditionalContainer, list: AdditionalList, environments: Environments, field: string) {
  const { name, environment: environmentName, essential: _essential, ...own } = entry;
  const environment = environmentName === undefined ? {} : find(environments, environmentName, `${field}.environment`).spec;
  const base = templateFor(list, environment.container ?? {});
  const image = own.image ?? base.image;
  const containerName = name ?? environmentName?.replaceAll('.', '-').slice(0, 63);
  if (image === undefined || containerName === undefined) {
    throw new RenderError(
      'EnvironmentNotFound',
      field,
      'neither the entry nor its environment names an image; set container.image in the environment or image here',
    );
  }
  const container: ResolvedContainer = {
    name: containerName,
    template: { ...base, ...own, image, env: mergeEnv(base.env, own.env), resources: mergeResources(base.resources, own.resources) },
    field,
  };
  return { container, source: { environmentName, volumes: environment.volumes } };
}

/** An environment's probes and hooks are for when it serves as a sidecar; Kubernetes takes none in an init container. */
function templateFor(list: AdditionalList, template: ContainerTemplate): ContainerTemplate {
  if (list === 'extraContainers') return template;
  const { startupProbe: _startup, livenessProbe: _liveness, readinessProbe: _readiness, lifecycle: _lifecycle, ...rest } = template;
  return rest;
}

interface VolumeSource {
  readonly environmentName: string | undefined;
  readonly volumes: readonly Volume[] | undefined;
}

function mergeVolumes(sources: readonly VolumeSource[]): Volume[] {
  const byName = new Map<string, { readonly volume: Volume; readonly owner: string | undefined }>();
  for (const { environmentName: owner, volumes = [] } of sources) {
    for (const volume of volumes) {
      const field = `environment ${owner}: spec.volumes[${volume.name}]`;
      if (ownVolumeNames.has(volume.name))
        throw new RenderError('VolumeConflict', field, `"${volume.name}" is a volume of the operator's own; choose another name`);
      const earlier = byName.get(volume.name);
      if (earlier !== undefined && !isDeepStrictEqual(earlier.volume, volume))
        throw new RenderError('VolumeConflict', field, `environment ${earlier.owner} has another volume of that name; rename one`);
      byName.set(volume.name, earlier ?? { volume, owner });
    }
  }
  return [...byName.values()].map(({ volume }) => volume);
}
