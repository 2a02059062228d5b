import * as fc from 'fast-check';
import { containerNames } from '../names.ts';
import { dnsLabel, freeText, image, labelKey, labelValue, partial } from './kubernetes-text.ts';

const podParts = partial({
  hostname: dnsLabel(),
  dnsPolicy: fc.constantFrom('Default', 'ClusterFirst'),
  dnsConfig: fc.constant({ nameservers: ['10.96.0.10'], options: [{ name: 'ndots', value: '2' }] }),
  enableServiceLinks: fc.boolean(),
  schedulerName: dnsLabel(),
  setHostnameAsFQDN: fc.boolean(),
  // No less than any job has: less is refused.
  terminationGracePeriodSeconds: fc.integer({ min: 86_400, max: 90_000 }),
  nodeSelector: fc.dictionary(labelKey, fc.oneof(labelValue, fc.constant(null)), { maxKeys: 2 }),
  affinity: fc.constant({
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'zone', labelSelector: {} } }],
    },
  }),
  tolerations: fc.constant([{ operator: 'Exists' }]),
});

const variables = fc
  .array(freeText(40), { maxLength: 2 })
  .map(values => values.map((value, index) => ({ name: `PATCHED_${index}`, value })));
const resources = fc.constantFrom({ limits: { memory: '9Gi' } }, { requests: { cpu: '1m' }, limits: { cpu: null } });
const scratch = { volumes: [{ name: 'patch-scratch', emptyDir: { medium: 'Memory' } }] };
const scratchMount = { volumeMounts: [{ name: 'patch-scratch', mountPath: '/patched' }] };

const containerParts = fc.oneof(
  fc.record({ env: variables, resources }).map(parts => ({ containers: [{ name: containerNames.command, ...parts }] })),
  resources.map(parts => ({ containers: [{ name: containerNames.agent, resources: parts }] })),
  image.map(reference => ({ containers: [{ name: 'patch-beside', image: reference }] })),
  fc.constant({ ...scratch, containers: [{ name: containerNames.command, ...scratchMount }] }),
  fc.constant({ ...scratch, initContainers: [{ name: 'patch-first', image: 'busybox', ...scratchMount }] }),
  fc.constant({}),
);

/** Patches that fit every pod of ours and leave it one that the API server takes. */
export const podPatch: fc.Arbitrary<Record<string, unknown>> = fc.tuple(podParts, containerParts).map(parts => Object.assign({}, ...parts));
