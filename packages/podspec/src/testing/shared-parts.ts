import * as fc from 'fast-check';
import { annotationKeys, labelKeys } from '../names.ts';
import { dnsSubdomain, freeText, labelKey, labelValue, partial } from './kubernetes-text.ts';
import { nodeSelector, tolerations, topologySpreadConstraints } from './placement-parts.ts';

/** Objects of the cluster that a pod is refused without; the API server of a test must have them. */
export const namedObjects = { namespace: 'jobs', priorityClasses: ['ci-high', 'ci-low'], runtimeClasses: ['sandboxed'] } as const;

const exporter = partial({
  enabled: fc.boolean(),
  settings: fc.dictionary(fc.stringMatching(/^[a-z]{1,10}$/), freeText(100), { maxKeys: 2 }),
});

/** What both a job and an environment may say, but for the lists of containers. */
export const sharedParts = {
  tolerations,
  nodeSelector,
  architecture: fc.constantFrom('amd64', 'arm64'),
  operatingSystem: fc.constant('linux' as const),
  topologySpreadConstraints,
  podLabels: fc.dictionary(fc.oneof(labelKey, fc.constantFrom(...Object.values(labelKeys))), labelValue, { maxKeys: 3 }),
  podAnnotations: fc.dictionary(fc.oneof(labelKey, fc.constantFrom(...Object.values(annotationKeys))), freeText(1000), { maxKeys: 3 }),
  runtimeClassName: fc.constantFrom(...namedObjects.runtimeClasses),
  priorityClassName: fc.constantFrom(...namedObjects.priorityClasses),
  serviceAccountName: dnsSubdomain,
  repoMirror: partial({ enabled: fc.boolean(), mode: fc.constantFrom('reference', 'dissociate') }),
  logExporter: exporter,
  artifactExporter: exporter,
  metricsExporter: exporter,
} as const;
