import type { BuildEnvironmentSpec, BuildJob, ContainerTemplate, Volume } from '@buildkite-operator/crds';
import { type ContainerSource, containerResources } from './container-resources.ts';
import type { PodDefaults } from './defaults.ts';
import { mergeVolumes } from './merge-volumes.ts';
import { containerNames } from './names.ts';
import type { Report } from './problem.ts';
import {
  type AdditionalList,
  type Environments,
  findEnvironment,
  type ListEntry,
  mergeEnv,
  type ResolvedContainer,
  resolveContainer,
} from './resolve-container.ts';

/** A container that runs a command. */
export interface Command extends Pick<ResolvedContainer, 'environmentName' | 'field' | 'name' | 'sources' | 'template'> {
  readonly command: string;
}

/** What the pod is made of, after operator defaults, environment and job have been laid over each other. */
export interface Composition {
  readonly environmentName: string | undefined;
  readonly environment: BuildEnvironmentSpec;
  /** The containers that run a command, in order; the main one is the first. */
  readonly commands: readonly [Command, ...Command[]];
  readonly initContainers: readonly ResolvedContainer[];
  readonly sidecars: readonly ResolvedContainer[];
  readonly volumes: readonly Volume[];
}

/**
 * Lays job over environment over operator defaults. Scalars: the job's wins. Maps (resources, node selector): key by key.
 * Variables and volumes: by name. Lists (init containers, sidecars, tolerations, node rules): the environment's, then the job's.
 * What cannot be composed is reported and left out.
 */
export function compose(job: BuildJob, environments: Environments, defaults: PodDefaults, report: Report): Composition {
  const { spec } = job;
  const environmentName = spec.environment ?? defaults.environment;
  const environment =
    (environmentName === undefined ? {} : findEnvironment(environments, environmentName, 'spec.environment', report)) ?? {};
  const resolve = (list: AdditionalList) =>
    [
      ...entries(environment[list], list, `environment ${environmentName}: spec.${list}`),
      ...entries(spec[list], list, `spec.${list}`),
    ].flatMap(entry => resolveContainer(entry, environments, report) ?? []);
  const initContainers = resolve('initContainers');
  const sidecars = resolve('extraContainers');
  const main = commandOf(
    { name: containerNames.command, field: 'spec', environmentName, environment, command: spec.command ?? '' },
    {
      ...(spec.image !== undefined && { image: spec.image }),
      ...(spec.env !== undefined && { env: spec.env }),
      ...(spec.resources !== undefined && { resources: spec.resources }),
    },
    defaults,
    report,
  );
  const further = (spec.commandContainers ?? []).flatMap(({ name, environment: own, command = '', ...template }, index) => {
    const field = `spec.commandContainers[${index}]`;
    const described = own === undefined ? environment : findEnvironment(environments, own, `${field}.environment`, report);
    if (described === undefined) return [];
    return commandOf({ name, field, environmentName: own ?? environmentName, environment: described, command }, template, defaults, report);
  });
  const volumesOf = (name: string | undefined) => ({
    environmentName: name,
    volumes: name === undefined ? undefined : environments.get(name)?.spec.volumes,
  });
  const mirrors = spec.checkout?.gitMirrors?.volume;
  return {
    environmentName,
    environment,
    commands: [main, ...further],
    initContainers,
    sidecars,
    volumes: mergeVolumes(
      [volumesOf(environmentName), ...[...further, ...initContainers, ...sidecars].map(container => volumesOf(container.environmentName))],
      mirrors === undefined ? [] : [{ field: 'spec.checkout.gitMirrors.volume', volume: mirrors }],
      report,
    ),
  };
}

interface CommandPlace extends Pick<Command, 'command' | 'environmentName' | 'field' | 'name'> {
  readonly environment: BuildEnvironmentSpec;
}

/** A container with a command: what the job says of it over its environment, over the operator's defaults. */
function commandOf({ environment, ...place }: CommandPlace, own: ContainerTemplate, defaults: PodDefaults, report: Report): Command {
  const template = environment.container ?? {};
  const sources: ContainerSource[] = [
    { field: place.field, template: own },
    { field: `environment ${place.environmentName}: spec.container`, template },
    { field: 'pod_defaults', template: { image: defaults.image, resources: defaults.resources } },
  ];
  return {
    ...place,
    sources,
    template: {
      ...template,
      ...own,
      image: own.image ?? template.image ?? defaults.image,
      env: mergeEnv(template.env, own.env),
      resources: containerResources(sources, report),
    },
  };
}

/** Every container of the job's and its environments', which have names that they gave them, but for the main one. */
export function namedContainers({ commands: [, ...further], initContainers, sidecars }: Composition) {
  return [...further, ...initContainers, ...sidecars];
}

function entries(containers: BuildEnvironmentSpec[AdditionalList], list: AdditionalList, field: string): ListEntry[] {
  return (containers ?? []).map((entry, index) => ({ entry, list, field: `${field}[${index}]` }));
}
