import { isDeepStrictEqual } from 'node:util';
import type { AdditionalContainer, BuildJobSpec } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { containerNames, ownContainerNames } from '@buildkite-operator/podspec';
import { formatSteps, keyed, type PathStep } from './field-path.ts';

type Container = NonNullable<Pod['spec']>['containers'][number];
type Fields = Readonly<Record<string, unknown>>;

/** Somebody's say about a container, and where it stands. */
interface Say {
  readonly field: string;
  readonly says: Fields;
  /** The environment that it is laid over. */
  readonly environment?: string | undefined;
}

/**
 * Where a field of one of the pod's containers comes from: the job's patch, then the job itself, then its environment, as far as the job
 * shows it. Undefined where that is not sure.
 */
export function containerField(spec: BuildJobSpec, container: Container, steps: readonly PathStep[]): string | undefined {
  const [field, ...rest] = steps;
  if (field === undefined) return undefined;
  const own = saysOfJob(spec, container.name);
  const patched = saysOfPatch(spec, container.name);
  for (const { field: at, says } of [...patched, ...(own === undefined ? [] : [own])]) {
    const found = within(says[field.name], Reflect.get(container, field.name), rest, field.name === 'resources');
    if (found !== undefined) return `${at}.${field.name}${found}`;
  }
  // What is missing is missing where the container comes from.
  const [patch] = patched;
  if (own === undefined) return patch === undefined || ownContainerNames.has(container.name) ? undefined : patch.field + formatSteps(steps);
  const environment = container.name === containerNames.command ? spec.environment : own.environment;
  if (environment === undefined) return container.name === containerNames.command ? undefined : own.field + formatSteps(steps);
  // Lists that are merged have other numbers in the environment.
  const isMerged = ['env', 'volumeMounts', 'command', 'args', 'image', 'resources'].includes(field.name);
  return isMerged ? undefined : `environment ${environment}: spec.container${formatSteps(steps)}`;
}

/** The job's own words about a container. */
function saysOfJob(spec: BuildJobSpec, name: string): Say | undefined {
  if (name === containerNames.command) {
    const { image, env, resources } = spec;
    return { field: 'spec', says: { image, env, resources } };
  }
  for (const list of ['commandContainers', 'initContainers', 'extraContainers'] as const) {
    const entries: readonly (Fields & Pick<AdditionalContainer, 'environment' | 'name'>)[] = spec[list] ?? [];
    const index = entries.findIndex(entry => (entry.name ?? entry.environment) === name);
    const says = entries[index];
    if (says !== undefined) return { field: `spec.${list}[${index}]`, says, environment: says.environment };
  }
  return undefined;
}

function saysOfPatch({ podPatch }: BuildJobSpec, name: string): Say[] {
  return ['containers', 'initContainers'].flatMap(list => {
    const entries: unknown = podPatch?.[list];
    if (!Array.isArray(entries)) return [];
    return entries.flatMap((says: unknown, index) =>
      isFields(says) && says['name'] === name ? [{ field: `spec.podPatch.${list}[${index}]`, says }] : [],
    );
  });
}

/**
 * The rest of the path within what somebody says, whose lists have numbers of their own; undefined where they do not say it. `rendered` is
 * what the pod has in that place. Of a map that is merged key by key, another key is somebody else's.
 */
function within(said: unknown, rendered: unknown, steps: readonly PathStep[], isMap: boolean): string | undefined {
  if (said === undefined) return undefined;
  const [step, ...rest] = steps;
  if (step === undefined) return '';
  if (!Array.isArray(said)) {
    if (!isFields(said)) return '';
    if (said[step.name] === undefined) return isMap ? undefined : formatSteps(steps);
    const found = within(said[step.name], isFields(rendered) ? rendered[step.name] : undefined, rest, isMap);
    return found === undefined ? undefined : keyed(step.name) + found;
  }
  const item: unknown = Array.isArray(rendered) ? rendered[Number(step.name)] : undefined;
  const index = said.findIndex((one: unknown) => isDeepStrictEqual(one, item));
  return index < 0 ? undefined : `[${index}]${formatSteps(rest)}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
