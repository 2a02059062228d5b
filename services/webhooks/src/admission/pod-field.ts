import { isDeepStrictEqual } from 'node:util';
import type { BuildJobSpec } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { containerField } from './container-field.ts';
import { formatSteps, type PathStep, parsePath } from './field-path.ts';

/** Fields of the pod that are the job's own where the job sets them, and else its environment's. */
const direct: ReadonlySet<string> = new Set([
  'serviceAccountName',
  'priorityClassName',
  'runtimeClassName',
  'terminationGracePeriodSeconds',
]);

/** Fields of the pod that only an environment sets, by the name that they have there. */
const ofEnvironment: Readonly<Record<string, string>> = {
  hostAliases: 'hostAliases',
  imagePullSecrets: 'imagePullSecrets',
  securityContext: 'podSecurityContext',
};

/**
 * Where in the job, or in its environment, a field of the rendered pod comes from, where that is sure; else the field as the API server
 * names it, marked as one of the pod, with names instead of numbers that nobody has written.
 */
export function jobField(podField: string, spec: BuildJobSpec, pod: Pod): string {
  const [root, section, ...rest] = parsePath(podField);
  if (root?.name === 'metadata' && section?.name === 'labels' && spec.podLabels !== undefined) return 'spec.podLabels';
  if (root?.name === 'metadata' && section?.name === 'annotations' && spec.podAnnotations !== undefined) return 'spec.podAnnotations';
  if (root?.name !== 'spec' || section === undefined) return `(rendered pod) ${podField}`;
  return sectionField(section.name, rest, spec, pod) ?? `(rendered pod) spec.${section.name}${named(section.name, rest, pod)}`;
}

function sectionField(section: string, rest: readonly PathStep[], spec: BuildJobSpec, pod: Pod): string | undefined {
  if (section === 'containers' || section === 'initContainers') {
    const container = pod.spec?.[section]?.[Number(rest[0]?.name)];
    return container === undefined ? undefined : containerField(spec, container, rest.slice(1));
  }
  const { environment, podPatch: patch } = spec;
  // What the patch sets it sets last; lists are merged, so that a number there is not a number here.
  if (patch?.[section] !== undefined) return `spec.podPatch.${section}${Array.isArray(patch[section]) ? '' : formatSteps(rest)}`;
  if (section === 'topologySpreadConstraints') return constraintField(rest, spec, pod);
  const inEnvironment = direct.has(section) ? section : ofEnvironment[section];
  if (direct.has(section) && Reflect.get(spec, section) !== undefined) return `spec.${section}`;
  return inEnvironment === undefined || environment === undefined
    ? undefined
    : `environment ${environment}: spec.${inEnvironment}${formatSteps(rest)}`;
}

/** The environment's constraints come first, then the job's. */
function constraintField([step, ...rest]: readonly PathStep[], spec: BuildJobSpec, pod: Pod): string | undefined {
  const constraint = pod.spec?.topologySpreadConstraints?.[Number(step?.name)];
  const own = (spec.topologySpreadConstraints ?? []).findIndex(one => isDeepStrictEqual(one, constraint));
  if (own >= 0) return `spec.topologySpreadConstraints[${own}]${formatSteps(rest)}`;
  return spec.environment === undefined
    ? undefined
    : `environment ${spec.environment}: spec.topologySpreadConstraints[${step?.name}]${formatSteps(rest)}`;
}

function named(section: string, steps: readonly PathStep[], pod: Pod): string {
  const [step, ...rest] = steps;
  const list: unknown = Reflect.get(pod.spec ?? {}, section);
  const item: unknown = Array.isArray(list) && step?.isBracketed === true ? list[Number(step.name)] : undefined;
  const name: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'name') : undefined;
  return typeof name === 'string' ? `[${name}]${formatSteps(rest)}` : formatSteps(steps);
}

/**
 * The words about objects that do not exist, which name no field: admission plugins Priority, RuntimeClass and ServiceAccount of
 * kube-apiserver (`admission.go` of each). There is no other sign than the words.
 */
const missingObjects: readonly (readonly [RegExp, string])[] = [
  [/no PriorityClass with name \S+ was found/, 'priorityClassName'],
  [/RuntimeClass "[^"]*" not found/, 'runtimeClassName'],
  [/serviceaccount "[^"]*" not found/, 'serviceAccountName'],
];

/** The fields that a refusal without causes is about; those of the strict decoder, which has each in its words, or of an object that is missing. */
export function fieldsInWords(words: string): string[] {
  const unknown = [...words.matchAll(/unknown field "([^"]+)"/g)].map(([, field = '']) => field);
  const missing = missingObjects.filter(([pattern]) => pattern.test(words)).map(([, field]) => `spec.${field}`);
  return [...unknown, ...missing];
}
