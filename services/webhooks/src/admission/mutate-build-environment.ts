import { isDeepStrictEqual } from 'node:util';
import type { EnvironmentDefaults } from '@buildkite-operator/config';
import type { AdditionalContainer, BuildEnvironmentSpec, ResourceRequirements } from '@buildkite-operator/crds';
import { compareQuantities, parseQuantity, type Quantity } from '@buildkite-operator/podspec';
import { normaliseImage } from './normalise-image.ts';
import { normaliseQuantity } from './normalise-quantity.ts';

/** Annotation by which an environment takes no defaults, with the value `none`. */
export const defaultsAnnotation = 'buildkite-operator.io/defaults';

export interface EnvironmentDraft {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: BuildEnvironmentSpec;
}

/**
 * The environment as it is to be stored: with the operator's defaults where it says nothing else, images and quantities in one form.
 * Doing it twice changes nothing more.
 */
export function mutateBuildEnvironment(draft: EnvironmentDraft, defaults: EnvironmentDefaults): BuildEnvironmentSpec {
  const spec = draft.annotations[defaultsAnnotation] === 'none' ? draft.spec : withDefaults(draft, defaults);
  return {
    ...spec,
    ...(spec.container !== undefined && { container: normaliseContainer(spec.container) }),
    ...(spec.initContainers !== undefined && { initContainers: spec.initContainers.map(normaliseContainer) }),
    ...(spec.extraContainers !== undefined && { extraContainers: spec.extraContainers.map(normaliseContainer) }),
  };
}

function withDefaults({ name, spec }: EnvironmentDraft, defaults: EnvironmentDefaults): BuildEnvironmentSpec {
  const container = { ...spec.container };
  const resources = mergeResources(defaults.resources, container.resources);
  if (resources !== undefined) container.resources = resources;
  if (defaults.imagePullPolicy !== undefined) container.imagePullPolicy ??= defaults.imagePullPolicy;
  // An environment that the defaults are made of would else contain itself.
  const isPart = [...defaults.initContainers, ...defaults.extraContainers].some(({ environment }) => environment === name);
  const taken = new Set([...(spec.initContainers ?? []), ...(spec.extraContainers ?? [])].map(nameOf));
  const missing = (containers: readonly AdditionalContainer[]) => (isPart ? [] : containers.filter(entry => !taken.has(nameOf(entry))));
  return {
    ...spec,
    ...(Object.keys(container).length > 0 && { container }),
    ...extended('initContainers', spec.initContainers, missing(defaults.initContainers)),
    ...extended('extraContainers', spec.extraContainers, missing(defaults.extraContainers)),
    ...extended(
      'tolerations',
      spec.tolerations,
      defaults.tolerations.filter(entry => !(spec.tolerations ?? []).some(own => isDeepStrictEqual(own, entry))),
    ),
    ...(Object.keys(defaults.podLabels).length > 0 && { podLabels: { ...defaults.podLabels, ...spec.podLabels } }),
    ...(Object.keys(defaults.podAnnotations).length > 0 && { podAnnotations: { ...defaults.podAnnotations, ...spec.podAnnotations } }),
  };
}

/** Own entries stay where they are; the defaults come after them. */
function extended<Key extends string, Entry>(key: Key, own: readonly Entry[] | undefined, added: readonly Entry[]) {
  return (added.length === 0 ? {} : { [key]: [...(own ?? []), ...added] }) as { [K in Key]?: Entry[] };
}

function nameOf({ name, environment }: AdditionalContainer): string {
  // As the renderer names a container after its environment.
  return name ?? environment?.replaceAll('.', '-').slice(0, 63) ?? '';
}

function mergeResources(
  defaults: ResourceRequirements | undefined,
  own: ResourceRequirements | undefined,
): ResourceRequirements | undefined {
  if (defaults === undefined) return own;
  const requests = { ...(defaults.requests !== undefined && withinLimits(defaults.requests, own?.limits)), ...own?.requests };
  const limits = { ...(defaults.limits !== undefined && aboveRequests(defaults.limits, own?.requests)), ...own?.limits };
  return {
    ...own,
    ...(Object.keys(requests).length > 0 && { requests }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}

type Quantities = NonNullable<ResourceRequirements['requests']>;

/** A default request above the environment's own limit would make a pod that is refused; Kubernetes then takes the limit. */
function withinLimits(requests: Quantities, limits: Quantities | undefined): Quantities {
  return only(requests, (name, request) => limits?.[name] === undefined || compare(request, limits[name]) <= 0);
}

function aboveRequests(limits: Quantities, requests: Quantities | undefined): Quantities {
  return only(limits, (name, limit) => requests?.[name] === undefined || compare(limit, requests[name]) >= 0);
}

function only(quantities: Quantities, keep: (name: string, quantity: string | number) => boolean): Quantities {
  return Object.fromEntries(Object.entries(quantities).filter(([name, quantity]) => keep(name, quantity)));
}

const none: Quantity = { nanos: 0n, format: 'decimal' };

function compare(one: string | number, other: string | number): number {
  return compareQuantities(parseQuantity(one) ?? none, parseQuantity(other) ?? none);
}

function normaliseContainer<Container extends { image?: string | undefined; resources?: ResourceRequirements | undefined }>(
  container: Container,
): Container {
  const { image, resources } = container;
  return {
    ...container,
    ...(image !== undefined && { image: normaliseImage(image) }),
    ...(resources !== undefined && { resources: normaliseResources(resources) }),
  };
}

function normaliseResources(resources: ResourceRequirements): ResourceRequirements {
  const each = (quantities: Quantities) =>
    Object.fromEntries(Object.entries(quantities).map(([name, quantity]) => [name, normaliseQuantity(quantity)]));
  return {
    ...resources,
    ...(resources.requests !== undefined && { requests: each(resources.requests) }),
    ...(resources.limits !== undefined && { limits: each(resources.limits) }),
  };
}
