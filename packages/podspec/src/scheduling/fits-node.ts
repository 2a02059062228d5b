import type { Pod } from '@buildkite-operator/kube';
import type { PodSpec } from '../kubernetes-pod.ts';
import { canonicalQuantity, compareQuantities, parseQuantity } from '../quantity/index.ts';
import { matchesTerm } from './node-selector-term.ts';
import { podRequests } from './pod-requests.ts';

/** What of a node decides which pods it can take. */
export interface NodeToFit {
  readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly taints?: readonly NodeTaint[] };
  readonly status?: { readonly allocatable?: Readonly<Record<string, string>> };
}

interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** Why a node can never take a pod. */
export interface Misfit {
  /** Its labels, its taints, or what it has of a resource. */
  readonly of: 'labels' | 'taints' | 'resources';
  /** The part of the pod's spec that does not fit: `nodeSelector[disk]`, `tolerations`, `resources.requests[cpu]`, … */
  readonly field: string;
  readonly value: string;
  readonly problem: string;
}

/**
 * Everything because of which the node could not take the pod even if it were empty and well; nothing where it could. Pure. Taints by
 * which Kubernetes marks a node that is unwell or cordoned do not count: they go away again.
 */
export function fitsNode({ spec }: Pod, node: NodeToFit): Misfit[] {
  if (spec === undefined) return [];
  return [...resourceMisfits(spec, node), ...labelMisfits(spec, node), ...taintMisfits(spec, node)];
}

function resourceMisfits(spec: PodSpec, { status }: NodeToFit): Misfit[] {
  const allocatable = status?.allocatable ?? {};
  return [...podRequests(spec)].flatMap(([name, requested]): Misfit[] => {
    const has = allocatable[name] ?? '0';
    const available = parseQuantity(has);
    if (requested.nanos === 0n || (available !== undefined && compareQuantities(requested, available) <= 0)) return [];
    const problem = has === '0' ? `the node has no ${name}` : `the node has ${has} of ${name} in all`;
    return [{ of: 'resources', field: `resources.requests[${name}]`, value: canonicalQuantity(requested), problem }];
  });
}

function labelMisfits({ nodeName, nodeSelector = {}, affinity }: PodSpec, { metadata = {} }: NodeToFit): Misfit[] {
  const { name = '', labels = {} } = metadata;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const misfits = Object.entries(nodeSelector)
    .filter(([key, value]) => labels[key] !== value)
    .map(([key, value]): Misfit => {
      const has = labels[key];
      return {
        of: 'labels',
        field: `nodeSelector[${key}]`,
        value,
        problem: has === undefined ? `the node has no label ${key}` : `the node's label ${key} is "${has}"`,
      };
    });
  if (terms !== undefined && !terms.some(term => matchesTerm(term, name, labels)))
    misfits.push({
      of: 'labels',
      field: 'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution',
      value: terms.map(describeTerm).join(' or '),
      problem: "the node's labels do not match",
    });
  if (nodeName !== undefined && nodeName !== name)
    misfits.push({ of: 'labels', field: 'nodeName', value: nodeName, problem: `the node is ${name}` });
  return misfits;
}

type Term = Parameters<typeof matchesTerm>[0];

function describeTerm({ matchExpressions = [], matchFields = [] }: Term): string {
  return [...matchExpressions, ...matchFields].map(({ key, operator, values = [] }) => [key, operator, ...values].join(' ')).join(', ');
}

/** Kubernetes' own domains for the state of a node; other people's taints reserve nodes. */
const passing = /^(node\.kubernetes\.io|node\.cloudprovider\.kubernetes\.io)\//;

function taintMisfits({ tolerations = [] }: PodSpec, { spec }: NodeToFit): Misfit[] {
  const repelling = (spec?.taints ?? []).filter(({ key, effect }) => effect !== 'PreferNoSchedule' && !passing.test(key));
  return repelling
    .filter(taint => !tolerations.some(toleration => tolerates(toleration, taint)))
    .map(({ key, value = '', effect }) => ({
      of: 'taints',
      field: 'tolerations',
      value: `${key}${value === '' ? '' : `=${value}`}:${effect}`,
      problem: 'the pod does not tolerate this taint of the node',
    }));
}

function tolerates(toleration: NonNullable<PodSpec['tolerations']>[number], taint: NodeTaint): boolean {
  const { key = '', operator = 'Equal', value = '', effect = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  return operator === 'Exists' || (key !== '' && value === (taint.value ?? ''));
}
