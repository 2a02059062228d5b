import type { AdditionalContainer, BuildEnvironment, BuildEnvironmentSpec, ContainerTemplate } from '@buildkite-operator/crds';
import { type ContainerSource, containerResources } from './container-resources.ts';
import type { Report } from './problem.ts';

/** The BuildEnvironments of the job's namespace, by name. */
export type Environments = ReadonlyMap<string, BuildEnvironment>;

export type AdditionalList = 'initContainers' | 'extraContainers';

/** An init container or sidecar with its environment's template filled in. */
export interface ResolvedContainer {
  readonly name: string;
  readonly template: ContainerTemplate & { readonly image: string };
  /** For a sidecar: whether its failure fails the job. */
  readonly essential: boolean;
  /** Path of the entry in the job's spec, for messages. */
  readonly field: string;
  /** Who says what about it; the first wins. */
  readonly sources: readonly ContainerSource[];
  /** The environment that it is made of, whose volumes it brings. */
  readonly environmentName: string | undefined;
}

/** An entry of a list, and where it stands. */
export interface ListEntry {
  readonly entry: AdditionalContainer;
  readonly list: AdditionalList;
  readonly field: string;
}

/** The container that an entry describes; undefined where something is missing, which is reported. */
export function resolveContainer(
  { entry, list, field }: ListEntry,
  environments: Environments,
  report: Report,
): ResolvedContainer | undefined {
  const { name, environment: environmentName, essential = false, ...own } = entry;
  const environment = environmentName === undefined ? {} : findEnvironment(environments, environmentName, `${field}.environment`, report);
  if (environment === undefined) return undefined;
  const base = templateFor(list, environment.container ?? {});
  const image = own.image ?? base.image;
  const containerName = name ?? environmentName?.replaceAll('.', '-').slice(0, 63);
  if (image === undefined || containerName === undefined) {
    report({
      code: 'ImageMissing',
      field,
      problem: 'neither the entry nor its environment names an image; set container.image in the environment or image here',
    });
    return undefined;
  }
  const sources: ContainerSource[] = [
    { field, template: own },
    ...(environmentName === undefined ? [] : [{ field: `environment ${environmentName}: spec.container`, template: base }]),
  ];
  return {
    name: containerName,
    template: { ...base, ...own, image, env: mergeEnv(base.env, own.env), resources: containerResources(sources, report) },
    essential,
    field,
    sources,
    environmentName,
  };
}

/** The environment of that name; undefined where there is none, which is reported. */
export function findEnvironment(environments: Environments, name: string, field: string, report: Report): BuildEnvironmentSpec | undefined {
  const environment = environments.get(name);
  if (environment !== undefined) return environment.spec;
  const known = [...environments.keys()].toSorted().join(', ');
  report({
    code: 'EnvironmentNotFound',
    field,
    value: name,
    problem: `is no BuildEnvironment in the namespace (${known === '' ? 'it has none' : `it has ${known}`}); create it or name another`,
  });
  return undefined;
}

/** Later lists win, variable by variable; the order is that of first mention. */
export function mergeEnv<Variable extends { readonly name: string }>(...lists: readonly (readonly Variable[] | undefined)[]): Variable[] {
  return [...new Map(lists.flatMap(list => list ?? []).map(variable => [variable.name, variable])).values()];
}

/** An environment's probes and hooks are for when it serves as a sidecar; Kubernetes takes none in an init container. */
function templateFor(list: AdditionalList, template: ContainerTemplate): ContainerTemplate {
  if (list === 'extraContainers') return template;
  const { startupProbe: _startup, livenessProbe: _liveness, readinessProbe: _readiness, lifecycle: _lifecycle, ...rest } = template;
  return rest;
}
