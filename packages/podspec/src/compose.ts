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
  const resolve = (list: 'initContainers' | 'extraContainers') => [
    ...(environment[list] ?? []).map((entry, index) =>
      resolveContainer(entry, environments, `environment ${environmentName}: spec.${list}[${index}]`),
    ),
    ...(spec[list] ?? []).map((entry, index) => resolveContainer(entry, environments, `spec.${list}[${index}]`)),
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
    volumes: mergeVolumes([environment.volumes ?? [], ...[...initContainers, ...sidecars].map(({ volumes }) => volumes)]),
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

function resolveContainer(entry: AdditionalContainer, environments: Environments, field: string) {
  const { name, environment: environmentName, essential: _essential, ...own } = entry;
  const environment = environmentName === undefined ? {} : find(environments, environmentName, `${field}.environment`).spec;
  const base = environment.container ?? {};
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
  return { container, volumes: environment.volumes ?? [] };
}

function mergeVolumes(lists: readonly (readonly Volume[])[]): Volume[] {
  const byName = new Map<string, Volume>();
  for (const volume of lists.flat()) {
    const earlier = byName.get(volume.name);
    if (earlier !== undefined && JSON.stringify(earlier) !== JSON.stringify(volume)) {
      throw new RenderError(
        'VolumeConflict',
        'spec.volumes',
        `two environments of the job define different volumes named "${volume.name}"; rename one`,
      );
    }
    byName.set(volume.name, volume);
  }
  return [...byName.values()];
}
