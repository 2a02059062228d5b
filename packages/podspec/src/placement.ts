import type { BuildJob, NodePreference, NodeRequirement, Toleration as TolerationSetting } from '@buildkite-operator/crds';
import type { Composition } from './compose.ts';
import type { PodDefaults } from './defaults.ts';
import { type Affinity, asKubernetes, type PodSpec, type Toleration, type TopologySpreadConstraint } from './kubernetes-pod.ts';
import type { Report } from './problem.ts';

/** Labels that the kubelet gives every node. */
const nodeLabels = { architecture: 'kubernetes.io/arch', operatingSystem: 'kubernetes.io/os' } as const;

/** Taints that Kubernetes puts on a node that has stopped answering; they evict what does not tolerate them. */
const lostNodeTaints = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'] as const;

/** Where and as what the pod runs: the environment's rules and the job's, both of which must hold. */
export function placement({ spec }: BuildJob, { environment }: Composition, { unreachableNodeSeconds }: PodDefaults): Partial<PodSpec> {
  const affinity = nodeAffinity(
    [...(environment.nodeRequirements ?? []), ...(spec.jobNodeRequirements ?? [])],
    [...(environment.nodePreferences ?? []), ...(spec.jobNodePreferences ?? [])],
  );
  const tolerations = [...(environment.tolerations ?? []), ...(spec.tolerations ?? [])];
  const nodeSelector = { ...nodeSelectorOf(environment), ...nodeSelectorOf(spec) };
  const serviceAccountName = spec.serviceAccountName ?? environment.serviceAccountName;
  const priorityClassName = spec.priorityClassName ?? environment.priorityClassName;
  const runtimeClassName = spec.runtimeClassName ?? environment.runtimeClassName;
  const spread = mergeSpread(environment.topologySpreadConstraints, spec.topologySpreadConstraints);
  return {
    automountServiceAccountToken: serviceAccountName !== undefined,
    ...(serviceAccountName !== undefined && { serviceAccountName }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(runtimeClassName !== undefined && { runtimeClassName }),
    ...(affinity !== undefined && { affinity }),
    tolerations: asKubernetes<Toleration[]>([...tolerations, ...lostNodeTolerations(tolerations, unreachableNodeSeconds)]),
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(spread.length > 0 && { topologySpreadConstraints: spread }),
  };
}

export type NodeSettings = Pick<BuildJob['spec'], 'architecture' | 'nodeSelector' | 'operatingSystem'>;

/** The node labels that a job or an environment asks for, by whichever of its fields. */
export function nodeSelectorOf({ architecture, nodeSelector, operatingSystem }: NodeSettings): Record<string, string> {
  return {
    ...nodeSelector,
    ...(architecture !== undefined && { [nodeLabels.architecture]: architecture }),
    ...(operatingSystem !== undefined && { [nodeLabels.operatingSystem]: operatingSystem }),
  };
}

/** Reports where a job or an environment says two things about the architecture or the operating system. */
export function checkNodeSettings({ spec }: BuildJob, { environment, environmentName }: Composition, report: Report): void {
  const settings: readonly (readonly [string, NodeSettings])[] = [
    [`environment ${environmentName}: spec`, environment],
    ['spec', spec],
  ];
  for (const [field, given] of settings) reportNodeSettings(given, field, report);
}

/** Reports where one object says two things about the architecture or the operating system. */
export function reportNodeSettings(given: NodeSettings, field: string, report: Report): void {
  for (const setting of ['architecture', 'operatingSystem'] as const) {
    const label = nodeLabels[setting];
    const [value, selected] = [given[setting], given.nodeSelector?.[label]];
    if (value !== undefined && selected !== undefined && value !== selected)
      report({
        code: 'NodeRulesConflict',
        field: `${field}.${setting}`,
        value,
        problem: `is "${selected}" in nodeSelector[${label}]; give one of the two`,
      });
  }
}

/**
 * How long the pod stays on a node that has stopped answering, for those of its taints that nobody tolerates by name. A toleration of every
 * taint is meant for reserved nodes: with these beside it, the least number of seconds counts (Kubernetes' rule for tolerations that match
 * the same taint), so the job does not wait for a lost node without end.
 */
function lostNodeTolerations(given: readonly TolerationSetting[], tolerationSeconds: number): TolerationSetting[] {
  const named = new Set(given.filter(({ effect }) => effect === undefined || effect === 'NoExecute').map(({ key }) => key));
  return lostNodeTaints.filter(key => !named.has(key)).map(key => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }));
}

/** Of two constraints for one topology key and one way to go on, which Kubernetes refuses beside each other, the later one counts. */
function mergeSpread(...lists: readonly (readonly object[] | undefined)[]): TopologySpreadConstraint[] {
  const all = lists.flatMap(list => (list ?? []).map(item => asKubernetes<TopologySpreadConstraint>(item)));
  return [...new Map(all.map(item => [JSON.stringify([item.topologyKey, item.whenUnsatisfiable]), item])).values()];
}

/** The affinity that node rules become: every requirement must hold, preferences count by weight. Undefined where there are none. */
export function nodeAffinity(requirements: readonly NodeRequirement[], preferences: readonly NodePreference[]): Affinity | undefined {
  if (requirements.length === 0 && preferences.length === 0) return undefined;
  return {
    nodeAffinity: {
      ...(requirements.length > 0 && {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: requirements.map(toExpression) }] },
      }),
      ...(preferences.length > 0 && {
        preferredDuringSchedulingIgnoredDuringExecution: preferences.map(({ weight, requirements: rules }) => ({
          weight,
          preference: { matchExpressions: rules.map(toExpression) },
        })),
      }),
    },
  };
}

function toExpression({ key, operator, values }: NodeRequirement) {
  return { key, operator, ...(values !== undefined && { values }) };
}
