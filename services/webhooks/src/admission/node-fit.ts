import type { BuildJobSpec } from '@buildkite-operator/crds';
import type { Node, Pod } from '@buildkite-operator/kube';
import {
  canonicalQuantity,
  compareQuantities,
  fitsNode,
  type Misfit,
  parseQuantity,
  podRequests,
  type Quantity,
} from '@buildkite-operator/podspec';
import { keyed } from './field-path.ts';
import type { Fault } from './verdict.ts';

/**
 * Whether any of the nodes could ever take the pod when it were empty: by its rules, its tolerations and its size. How full nodes are,
 * and whether they are cordoned or ready, passes and does not count.
 */
export function nodeFaults(spec: BuildJobSpec, pod: Pod, nodes: readonly Node[]): Fault[] {
  const judged = nodes.map(node => ({ node, misfits: fitsNode(pod, node) }));
  if (judged.length === 0 || judged.some(({ misfits }) => misfits.length === 0)) return [];
  const matching = judged.filter(({ misfits }) => misfits.every(({ of }) => of !== 'labels'));
  if (matching.length === 0) {
    const problem = `none of the ${nodes.length} nodes has the labels that the job asks for, and none will be added; loosen the rules`;
    return [{ field: rulesField(spec), problem }];
  }
  const open = matching.filter(({ misfits }) => misfits.every(({ of }) => of !== 'taints'));
  if (open.length === 0) {
    const taints = matching.flatMap(({ misfits }) => misfits.filter(({ of }) => of === 'taints').map(({ value }) => value));
    const names = [...new Set(taints)].toSorted().join(', ');
    return [
      {
        field: 'spec.tolerations',
        problem: `every node that fits the job's rules is reserved by a taint (${names}); tolerate one of them`,
      },
    ];
  }
  return sizeFaults(spec, pod, open);
}

interface JudgedNode {
  readonly node: Node;
  readonly misfits: readonly Misfit[];
}

function sizeFaults(spec: BuildJobSpec, pod: Pod, open: readonly JudgedNode[]): Fault[] {
  const requests = [...(pod.spec === undefined ? [] : podRequests(pod.spec))].filter(([, amount]) => amount.nanos > 0n);
  const tooLarge = requests.flatMap(([name, amount]): Fault[] => {
    const most = open.map(({ node }) => allocatable(node, name)).reduce((a, b) => (compareQuantities(a, b) > 0 ? a : b), nothing);
    if (compareQuantities(amount, most) <= 0) return [];
    const field = `spec.resources.${saysOnlyLimit(spec, name) ? 'limits' : 'requests'}${keyed(name)}`;
    const problem = `the pod asks for ${canonicalQuantity(amount)} in all its containers, and the largest node that fits its rules has ${canonicalQuantity(most)}; ask for less`;
    return [{ field, problem }];
  });
  if (tooLarge.length > 0) return tooLarge;
  const asked = requests.map(([name, amount]) => `${name} ${canonicalQuantity(amount)}`).join(', ');
  return [{ field: 'spec.resources.requests', problem: `no single node that fits the job's rules has all of ${asked}; ask for less` }];
}

const nothing: Quantity = { nanos: 0n, format: 'decimal' };

function allocatable({ status }: Node, resource: string): Quantity {
  return parseQuantity(status?.allocatable?.[resource] ?? '0') ?? nothing;
}

/** Kubernetes takes the limit for the request where only that is given. */
function saysOnlyLimit({ resources }: BuildJobSpec, name: string): boolean {
  return resources?.requests?.[name] === undefined && resources?.limits?.[name] !== undefined;
}

const ownRules = ['jobNodeRequirements', 'nodeSelector', 'architecture', 'operatingSystem'] as const;
const patchedRules = ['affinity', 'nodeSelector', 'nodeName'] as const;

/** The field that the pod's node rules are most likely from: the job's, or its patch's where it sets them; otherwise the environment brings them. */
function rulesField({ podPatch, ...spec }: BuildJobSpec): string {
  const own = ownRules.find(name => spec[name] !== undefined);
  if (own !== undefined) return `spec.${own}`;
  const patched = patchedRules.find(name => podPatch?.[name] !== undefined);
  return patched === undefined ? 'spec.environment' : `spec.podPatch.${patched}`;
}
