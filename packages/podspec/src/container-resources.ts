import type { ContainerTemplate, ResourceRequirements } from '@buildkite-operator/crds';
import type { Report } from './problem.ts';
import { compareQuantities, isWhole, parseQuantity, type Quantity } from './quantity/index.ts';

/** Somebody's say about a container, and where it stands. */
export interface ContainerSource {
  /** Path of the template, for messages: `spec.extraContainers[0]` or `environment node: spec.container`. */
  readonly field: string;
  readonly template: ContainerTemplate;
}

type Kind = 'requests' | 'limits';
type Amounts = NonNullable<ResourceRequirements['requests']>;

/** Later requirements win, resource by resource. */
export function mergeResources(...layers: readonly (ResourceRequirements | undefined)[]): ResourceRequirements {
  const requests: Amounts = Object.assign({}, ...layers.map(layer => layer?.requests));
  const limits: Amounts = Object.assign({}, ...layers.map(layer => layer?.limits));
  return {
    ...(Object.keys(requests).length > 0 && { requests }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}

/**
 * The resources of a container from what several say about it, the first of them winning. Resources that cannot be shared out in parts
 * (GPUs and other extended resources, huge pages) stand in both lists where they stand in one, as Kubernetes wants it. Reports amounts that
 * no container can have.
 */
export function containerResources(sources: readonly ContainerSource[], report: Report): ResourceRequirements {
  // Layer by layer, so that a layer's one number wins over an earlier layer's two.
  const complete = mergeResources(...sources.map(({ template }) => inBothLists(template.resources)).toReversed());
  checkResources(complete, { sources, report });
  return complete;
}

interface Check {
  readonly sources: readonly ContainerSource[];
  readonly report: Report;
}

function checkResources({ requests = {}, limits = {} }: ResourceRequirements, { sources, report }: Check): void {
  const complain = (kind: Kind, resource: string, value: unknown, problem: string) => {
    report({ code: 'ResourcesInvalid', field: fieldOf(sources, kind, resource), value, problem });
  };
  for (const resource of new Set([...Object.keys(requests), ...Object.keys(limits)])) {
    const kinds = (
      [
        ['requests', requests[resource]],
        ['limits', limits[resource]],
      ] as const
    ).filter(([, amount]) => amount !== undefined);
    const wrong = kinds.flatMap(([kind, amount = '']) => {
      const problem = problemOf(resource, amount);
      return problem === undefined ? [] : [{ kind, amount, problem }];
    });
    for (const { kind, amount, problem } of wrong.slice(0, sameField(sources, resource) ? 1 : wrong.length))
      complain(kind, resource, amount, problem);
    const [request, limit] = [requests[resource], limits[resource]].map(amount =>
      amount === undefined ? undefined : parseQuantity(amount),
    );
    if (wrong.length > 0 || request === undefined || limit === undefined) continue;
    const order = compareQuantities(request, limit);
    if (isUndivided(resource) && order !== 0)
      complain(
        'requests',
        resource,
        requests[resource],
        `must be equal to ${resource} limit of ${limits[resource]}; give it once, or the same amount in both`,
      );
    else if (order > 0)
      complain(
        'requests',
        resource,
        requests[resource],
        `must be less than or equal to ${resource} limit of ${limits[resource]}; lower it, or raise the limit`,
      );
  }
}

const ownResources: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
const bytes: ReadonlySet<string> = new Set(['memory', 'ephemeral-storage']);

/** What is wrong with an amount by itself. */
function problemOf(resource: string, amount: string | number): string | undefined {
  if (!ownResources.has(resource) && !resource.includes('/') && !isUndivided(resource))
    return `is an amount of "${resource}", which Kubernetes does not know; it knows cpu, memory, ephemeral-storage, and resources with a domain like nvidia.com/gpu`;
  const quantity: Quantity | undefined = parseQuantity(amount);
  if (quantity === undefined) return 'is no quantity; write it like 500m, 2 or 1.5Gi';
  if (quantity.nanos < 0n) return 'is less than nothing; give 0 or more';
  if (bytes.has(resource) && /[num]$/.test(String(amount))) return `is a fraction of a byte; ${String(amount).slice(0, -1)}Mi is mebibytes`;
  if (isUndivided(resource) && !isWhole(quantity)) return `must be an integer; ${resource} cannot be had in parts`;
  return undefined;
}

/** Extended resources and huge pages: a container gets what it asks for, no less and no more. */
export function isUndivided(resource: string): boolean {
  return resource.startsWith('hugepages-') || (resource.includes('/') && !resource.includes('kubernetes.io/'));
}

function inBothLists({ requests, limits }: ResourceRequirements = {}): ResourceRequirements {
  return {
    requests: { ...undividedOf(limits), ...requests },
    limits: { ...undividedOf(requests), ...limits },
  };
}

function undividedOf(amounts: Amounts = {}): Amounts {
  return Object.fromEntries(Object.entries(amounts).filter(([resource]) => isUndivided(resource)));
}

/** Where the amount that counts stands; of one that was set in both lists, where it stands at all. */
function fieldOf(sources: readonly ContainerSource[], kind: Kind, resource: string): string {
  const kinds: readonly Kind[] = isUndivided(resource) ? [kind, kind === 'requests' ? 'limits' : 'requests'] : [kind];
  for (const { field, template } of sources) {
    const list = kinds.find(one => template.resources?.[one]?.[resource] !== undefined);
    if (list !== undefined) return `${field}.resources.${list}${keyed(resource)}`;
  }
  return `${sources[0]?.field ?? 'spec'}.resources.${kind}${keyed(resource)}`;
}

function sameField(sources: readonly ContainerSource[], resource: string): boolean {
  return fieldOf(sources, 'requests', resource) === fieldOf(sources, 'limits', resource);
}

/** As Kubernetes writes a key of a map. */
function keyed(resource: string): string {
  return ownResources.has(resource) ? `.${resource}` : `[${resource}]`;
}
