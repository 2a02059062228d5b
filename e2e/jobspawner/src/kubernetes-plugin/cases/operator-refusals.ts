import type { BadCase } from './good-case.ts';

/** For each key of the `buildkite-operator` block a wrong value, and the beginning of what is said about it. */
const wrong: Readonly<Record<string, readonly [value: unknown, says: string]>> = {
  environment: ['No Name', 'environment: must be a Kubernetes object name'],
  image: ['a b', 'image: must be an image reference without spaces'],
  env: [[{ name: 'A' }, { name: 'A' }], 'env[1].name: stands in the list twice: remove one of the entries'],
  resources: [{ limit: {} }, 'resources.limit: is no known key: did you mean limits?'],
  jobNodeRequirements: [[{ key: 'a', operator: 'In' }], 'jobNodeRequirements[0].values: In and NotIn need at least one value'],
  jobNodePreferences: [[{ weight: 0, requirements: [] }], 'jobNodePreferences[0].weight: must be at least 1'],
  initContainers: [[{ environment: 'kp-environment', startupProbe: {} }], 'initContainers: probes and lifecycle hooks are for sidecars'],
  extraContainers: [[{ name: 'beside' }], 'extraContainers[0]: name an environment, or give name and image of a container'],
  commandContainers: [[{ command: 'make' }], 'commandContainers[0].name: is required: give a text'],
  tolerations: [[{ key: '' }], 'tolerations[0].operator: an empty key needs operator Exists'],
  nodeSelector: [{ 'not good': 'x' }, 'nodeSelector[not good]: has a key that is not allowed'],
  architecture: ['ARM', 'architecture: must be an architecture'],
  operatingSystem: ['Linux', 'operatingSystem: must be one of linux, windows'],
  topologySpreadConstraints: [[{ maxskew: 1 }], 'topologySpreadConstraints[0].maxskew: is no known key: did you mean maxSkew?'],
  priorityClassName: ['High', 'priorityClassName: must be a Kubernetes object name'],
  runtimeClassName: [5, 'runtimeClassName: must be a text (found 5)'],
  podLabels: [{ team: '-' }, 'podLabels.team: must be empty, or letters'],
  podAnnotations: [{ note: 1 }, 'podAnnotations.note: must be a text (found 1)'],
  serviceAccountName: ['CI', 'serviceAccountName: must be a Kubernetes object name'],
  repoMirror: [{ mode: 'copy' }, 'repoMirror.mode: must be one of reference, dissociate'],
  logExporter: [{ enable: false }, 'logExporter.enable: is no known key: did you mean enabled?'],
  artifactExporter: [{ settings: { a: 1 } }, 'artifactExporter.settings.a: must be a text'],
  metricsExporter: [true, 'metricsExporter: must be an object'],
  checkout: [{ noSubmodules: true }, 'checkout.noSubmodules: is no known key: did you mean submodules?'],
  podPatch: [{ afinity: {} }, 'podPatch.afinity: is no known key: did you mean affinity?'],
  timeoutSeconds: [0, 'timeoutSeconds: must be at least 1 (found 0)'],
  pendingTimeoutSeconds: [1.5, 'pendingTimeoutSeconds: must be a whole number'],
  ttlSecondsAfterFinished: [-1, 'ttlSecondsAfterFinished: must be at least 0'],
  terminationGracePeriodSeconds: [14, 'terminationGracePeriodSeconds: must be at least 15'],
};

/** For each key of the `buildkite-operator` block, a step with a value that the key does not take. */
export const operatorRefusals: readonly BadCase[] = Object.entries(wrong).map(([key, [value, says]]) => ({
  key,
  step: { plugins: [{ 'buildkite-operator': { [key]: value } }] },
  says: [`buildkite-operator.${says}`],
}));
