import type { BuildJob, NodePreference, NodeRequirement } from '@buildkite-operator/crds';
import type { Composition } from './compose.ts';
import { type Affinity, asKubernetes, type PodSpec, type Toleration, type TopologySpreadConstraint } from './kubernetes-pod.ts';

/** Where and as what the pod runs: the environment's rules and the job's, both of which must hold. */
export function placement({ spec }: BuildJob, { environment }: Composition): Partial<PodSpec> {
  const affinity = nodeAffinity(
    [...(environment.nodeRequirements ?? []), ...(spec.jobNodeRequirements ?? [])],
    [...(environment.nodePreferences ?? []), ...(spec.jobNodePreferences ?? [])],
  );
  const tolerations = [...(environment.tolerations ?? []), ...(spec.tolerations ?? [])];
  const nodeSelector = { ...environment.nodeSelector, ...spec.nodeSelector };
  const serviceAccountName = spec.serviceAccountName ?? environment.serviceAccountName;
  const priorityClassName = spec.priorityClassName ?? environment.priorityClassName;
  const spread = environment.topologySpreadConstraints;
  return {
    automountServiceAccountToken: serviceAccountName !== undefined,
    ...(serviceAccountName !== undefined && { serviceAccountName }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(affinity !== undefined && { affinity }),
    ...(tolerations.length > 0 && { tolerations: asKubernetes<Toleration[]>(tolerations) }),
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(spread !== undefined && { topologySpreadConstraints: asKubernetes<TopologySpreadConstraint[]>(spread) }),
  };
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
