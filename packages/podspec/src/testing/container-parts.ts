import type { ContainerTemplate, EnvVar, ResourceRequirements, VolumeMount } from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import { dnsSubdomain, freeText, image, labelKey, partial, variableName } from './kubernetes-text.ts';

/** Parts of containers that the API server accepts, field by field. */

const optional = fc.boolean();
const key = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/);

/** Sources of a variable; their Secrets and ConfigMaps need not exist for a pod to be made. */
const variableSource: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.record({ name: dnsSubdomain, key, optional }).map(secretKeyRef => ({ secretKeyRef })),
  fc.record({ name: dnsSubdomain, key }).map(configMapKeyRef => ({ configMapKeyRef })),
  fc
    .oneof(
      fc.constantFrom('metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.podIP'),
      labelKey.map(label => `metadata.labels['${label}']`),
    )
    .map(fieldPath => ({ fieldRef: { fieldPath } })),
  fc
    .constantFrom('limits.cpu', 'requests.memory', 'limits.ephemeral-storage')
    .map(resource => ({ resourceFieldRef: { resource, divisor: '1' } })),
);

const variable: fc.Arbitrary<EnvVar> = fc.oneof(
  fc.record({ name: variableName, value: freeText(200) }),
  fc.record({ name: variableName }),
  fc.record({ name: variableName, valueFrom: variableSource }),
);

/** Variables, each name once. */
export const environmentVariables = fc.uniqueArray(variable, { selector: ({ name }) => name, maxLength: 4 });

const variableBulk = fc.array(
  fc.oneof(
    fc.record({ prefix: fc.constantFrom('A_', 'b'), configMapRef: fc.record({ name: dnsSubdomain, optional }) }),
    fc.record({ secretRef: fc.record({ name: dnsSubdomain }) }),
  ),
  { maxLength: 2 },
);

/**
 * Requests that are smaller than all limits, so that any two layers of them still fit together. Devices cannot be requested beyond
 * their limit, so they have only that.
 */
export const resources: fc.Arbitrary<ResourceRequirements> = partial({
  requests: partial({
    cpu: fc.constantFrom('10m', '0.25', '500m'),
    memory: fc.constantFrom('16Mi', '64M', 131_072),
    'ephemeral-storage': fc.constantFrom('1Mi', '100Mi'),
  }),
  limits: partial({
    cpu: fc.constantFrom(1, 2, '1500m'),
    memory: fc.constantFrom('512Mi', '1.5Gi', 8_000_000_000),
    'ephemeral-storage': fc.constantFrom('1Gi', '10Gi'),
    'nvidia.com/gpu': fc.constant(1),
  }),
}) as fc.Arbitrary<ResourceRequirements>;

const commandLine = fc.array(freeText(60), { maxLength: 3 });
const port = fc.integer({ min: 1, max: 65_535 });
const probeHandler = fc.oneof(
  commandLine.map(command => ({ exec: { command: ['true', ...command] } })),
  fc.record({ port, path: fc.constantFrom('/', '/healthz') }).map(httpGet => ({ httpGet })),
  port.map(number => ({ tcpSocket: { port: number } })),
);
const probe = fc
  .tuple(probeHandler, partial({ periodSeconds: fc.integer({ min: 1, max: 60 }), failureThreshold: fc.integer({ min: 1, max: 9 }) }))
  .map(([handler, timing]) => ({ ...handler, ...timing }));
const hook = fc.oneof(
  commandLine.map(command => ({ exec: { command: ['true', ...command] } })),
  fc.constant({ sleep: { seconds: 1 } }),
);

/** Contradictions (privileged without privilege escalation) are left out. */
const securityContext: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.constant({ privileged: true }),
  partial({
    runAsUser: fc.integer({ min: 0, max: 65_534 }),
    runAsGroup: fc.integer({ min: 0, max: 65_534 }),
    runAsNonRoot: fc.boolean(),
    readOnlyRootFilesystem: fc.boolean(),
    allowPrivilegeEscalation: fc.boolean(),
    capabilities: fc.constantFrom({ drop: ['ALL'] }, { add: ['NET_BIND_SERVICE'], drop: ['MKNOD'] }),
    seccompProfile: fc.constant({ type: 'RuntimeDefault' }),
  }),
);

/** A container's template before it is known which volumes there are: it only counts them. */
export type TemplateWish = Omit<ContainerTemplate, 'volumeMounts'> & { readonly mounts?: readonly MountWish[] };

interface MountWish {
  readonly volume: number;
  readonly folder: string;
  readonly rest: { readonly readOnly?: boolean; readonly subPath?: string };
}

const mounts: fc.Arbitrary<MountWish[]> = fc.array(
  fc.record({
    volume: fc.nat(3),
    folder: fc.constantFrom('/mnt', '/var/lib', '/workspace/build'),
    rest: partial({ readOnly: fc.boolean(), subPath: fc.constant('a/b') }),
  }),
  { maxLength: 2 },
);

/** The fields of a container template. */
export const templateWishes: fc.Arbitrary<TemplateWish> = partial({
  image,
  imagePullPolicy: fc.constantFrom('Always', 'IfNotPresent', 'Never'),
  command: commandLine,
  args: commandLine,
  workingDir: fc.constantFrom('/', '/workspace/build', 'relative'),
  env: environmentVariables,
  envFrom: variableBulk,
  resources,
  ports: fc.uniqueArray(fc.record({ containerPort: port, name: fc.stringMatching(/^[a-z]{1,10}$/) }), {
    selector: ({ name }) => name,
    maxLength: 2,
  }),
  mounts,
  securityContext,
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: partial({ postStart: hook, preStop: hook }),
});

/** The template where the pod has these volumes: each is mounted at a path of its own. */
export function templateWith(volumes: readonly string[], { mounts, ...template }: TemplateWish): ContainerTemplate {
  if (mounts === undefined) return template;
  const volumeMounts: VolumeMount[] = mounts.flatMap(({ volume, folder, rest }, index) => {
    const name = volumes[volume];
    return name === undefined ? [] : [{ name, mountPath: `${folder}/${index}`, ...rest }];
  });
  return { ...template, volumeMounts };
}
