import type { NodePreference, NodeRequirement, Toleration } from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import { labelKey, labelValue, partial } from './kubernetes-text.ts';

/** Where pods may run, as the API server accepts it. */

export const nodeRequirement: fc.Arbitrary<NodeRequirement> = fc.oneof(
  fc.record({
    key: labelKey,
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.array(labelValue, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ key: labelKey, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
  fc.record({ key: labelKey, operator: fc.constantFrom('Exists', 'DoesNotExist'), values: fc.constant<string[]>([]) }),
  fc.record({ key: labelKey, operator: fc.constantFrom('Gt', 'Lt'), values: fc.nat(10_000).map(number => [String(number)]) }),
);

export const nodeRequirements = fc.array(nodeRequirement, { maxLength: 3 });

export const nodePreferences: fc.Arbitrary<NodePreference[]> = fc.array(
  fc.record({ weight: fc.integer({ min: 1, max: 100 }), requirements: fc.array(nodeRequirement, { minLength: 1, maxLength: 2 }) }),
  { maxLength: 2 },
);

const effect = fc.constantFrom('NoSchedule', 'PreferNoSchedule', 'NoExecute');
const toleration: fc.Arbitrary<Toleration> = fc.oneof(
  fc.record({ operator: fc.constant('Exists' as const) }),
  fc.record({ key: labelKey, operator: fc.constant('Exists' as const), effect }),
  fc.record({ key: labelKey, value: labelValue }),
  fc.record({ key: labelKey, operator: fc.constant('Equal' as const), value: labelValue, effect }),
  fc.record({ key: labelKey, effect: fc.constant('NoExecute' as const), tolerationSeconds: fc.nat(3600) }),
) as fc.Arbitrary<Toleration>;

export const tolerations = fc.array(toleration, { maxLength: 3 });

export const nodeSelector = fc.dictionary(labelKey, labelValue, { maxKeys: 2 });

/** Each entry once. */
export const topologySpreadConstraints: fc.Arbitrary<Record<string, unknown>[]> = fc.uniqueArray(
  fc.record({
    maxSkew: fc.integer({ min: 1, max: 5 }),
    topologyKey: labelKey,
    whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'ScheduleAnyway'),
    labelSelector: fc.dictionary(labelKey, labelValue, { maxKeys: 1 }).map(matchLabels => ({ matchLabels })),
  }),
  { selector: ({ topologyKey, whenUnsatisfiable }) => `${topologyKey} ${whenUnsatisfiable}`, maxLength: 2 },
);

export const podSecurityContext: fc.Arbitrary<Record<string, unknown>> = partial({
  runAsUser: fc.integer({ min: 0, max: 65_534 }),
  runAsGroup: fc.integer({ min: 0, max: 65_534 }),
  runAsNonRoot: fc.boolean(),
  fsGroup: fc.nat(65_534),
  fsGroupChangePolicy: fc.constantFrom('OnRootMismatch', 'Always'),
  supplementalGroups: fc.array(fc.nat(1000), { maxLength: 2 }),
  sysctls: fc.constant([{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }]),
});
