import * as fc from 'fast-check';
import type { JsonObject } from '../json-value.ts';

const optional = { requiredKeys: [] };

const ports = fc.uniqueArray(
  fc.record({
    containerPort: fc.constantFrom(80, 81, 82),
    protocol: fc.constantFrom('TCP', 'UDP'),
    hostIP: fc.constantFrom('1.1.1.1', '2.2.2.2'),
  }),
  { selector: port => `${port.containerPort}${port.protocol}`, minLength: 1, maxLength: 3 },
);

const env = keyed(['A', 'B', 'C', 'D'], name =>
  fc.oneof(
    fc.record({ name: fc.constant(name), value: fc.constantFrom('1', '2') }),
    fc.record({
      name: fc.constant(name),
      valueFrom: fc.oneof(
        fc.constant({ fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } }),
        fc.constant({ secretKeyRef: { name: 's', key: 'k' } }),
      ),
    }),
  ),
);

const volumeMounts = keyed(['/p', '/q', '/r'], mountPath =>
  fc.record(
    { mountPath: fc.constant(mountPath), name: fc.constantFrom('v', 'w', 'x'), readOnly: fc.constant(true), subPath: fc.constant('s') },
    { requiredKeys: ['mountPath', 'name'] },
  ),
);

const amounts = (low: string, high: string) =>
  fc.record(
    { cpu: fc.constantFrom(low, high), memory: fc.constantFrom(low, high), 'ephemeral-storage': fc.constant('1') },
    // Never empty: the server stores an empty map as none, and takes the directives of what a patch adds literally.
    { ...optional, requiredKeys: ['cpu'] },
  );

const scalarList = fc.array(fc.constantFrom('a', 'b', 'c', '-v'), { minLength: 1, maxLength: 4 });

const securityContext = fc.record(
  {
    runAsUser: fc.constantFrom(1, 2),
    runAsGroup: fc.constantFrom(1, 2),
    seLinuxOptions: fc.record({ user: fc.constantFrom('u', 'v'), role: fc.constantFrom('r', 's') }, optional),
  },
  optional,
);

const containerNamed = (name: string) =>
  fc.record(
    {
      name: fc.constant(name),
      image: fc.constantFrom('i:1', 'i:2'),
      command: scalarList,
      args: scalarList,
      env,
      envFrom: fc.array(fc.record({ prefix: fc.constantFrom('P', 'Q'), secretRef: fc.constant({ name: 's' }) }), {
        minLength: 1,
        maxLength: 2,
      }),
      ports,
      volumeMounts,
      resources: fc.record({ requests: amounts('1', '2') }, optional),
      securityContext,
      tty: fc.constant(true),
    },
    { requiredKeys: ['name', 'image'] },
  );

const volumeNamed = (name: string) =>
  fc.oneof(
    fc.record({ name: fc.constant(name), emptyDir: fc.record({ medium: fc.constant('Memory'), sizeLimit: fc.constant('1Gi') }, optional) }),
    fc.record({ name: fc.constant(name), hostPath: fc.record({ path: fc.constantFrom('/a', '/b'), type: fc.constant('') }) }),
    fc.record({ name: fc.constant(name), secret: fc.record({ secretName: fc.constantFrom('s', 't'), optional: fc.constant(true) }) }),
  );

/** Pods that the API server takes, small and alike, so that two of them have much in common. */
export const randomPod: fc.Arbitrary<JsonObject> = fc.record(
  {
    containers: keyed(['a', 'b', 'c'], containerNamed),
    initContainers: keyed(['j', 'k', 'l'], containerNamed),
    volumes: fc.tuple(volumeNamed('v'), volumeNamed('w'), volumeNamed('x')),
    nodeSelector: fc.dictionary(fc.constantFrom('zone', 'disk', 'arch'), fc.constantFrom('1', '2'), { minKeys: 1, noNullPrototype: true }),
    tolerations: fc.array(fc.record({ key: fc.constantFrom('a', 'b'), operator: fc.constant('Exists') }), { minLength: 1, maxLength: 2 }),
    securityContext: fc.record(
      { fsGroup: fc.constantFrom(1, 2), runAsUser: fc.constantFrom(1, 2), supplementalGroups: fc.uniqueArray(fc.nat(3), { minLength: 1 }) },
      optional,
    ),
    hostAliases: keyed(['1.1.1.1', '2.2.2.2'], ip => fc.record({ ip: fc.constant(ip), hostnames: scalarNames() })),
    imagePullSecrets: keyed(['p', 'q', 'r'], name => fc.record({ name: fc.constant(name) })),
    topologySpreadConstraints: keyed(['zone', 'node'], topologyKey =>
      fc.record({
        topologyKey: fc.constant(topologyKey),
        maxSkew: fc.constantFrom(1, 2),
        whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'ScheduleAnyway'),
      }),
    ),
    hostname: fc.constantFrom('h', 'i'),
  },
  { requiredKeys: ['containers', 'volumes'] },
);

function scalarNames(): fc.Arbitrary<string[]> {
  return fc.uniqueArray(fc.constantFrom('m', 'n'), { minLength: 1 });
}

/** A list of items with distinct keys, in any order. */
function keyed<Item>(keys: readonly string[], itemOf: (key: string) => fc.Arbitrary<Item>): fc.Arbitrary<Item[]> {
  return fc.shuffledSubarray([...keys], { minLength: 1 }).chain(chosen => fc.tuple(...chosen.map(itemOf)));
}
