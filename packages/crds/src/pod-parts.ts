import { z } from 'zod';

/** Parts that BuildJob and BuildEnvironment share with Kubernetes' own PodSpec, under Kubernetes' names. */

/** RFC 1123 label: names of containers and volumes. */
export const dnsLabel = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be lower-case letters, digits and -, beginning and ending with a letter or digit');

/** RFC 1123 subdomain: names of Kubernetes objects. */
export const dnsSubdomain = z
  .string()
  .min(1)
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'must be a Kubernetes object name: lower-case letters, digits, - and .',
  );

/** An image reference: no white space, not empty; what a registry makes of it shows when it is pulled. */
export const imageReference = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\s]+$/, 'must be an image reference without spaces, like registry.example.com/team/image:tag');

const qualified = '([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const qualifiedRule =
  'must be letters, digits, -, _ and ., at most 63, beginning and ending with a letter or digit, after a domain and / if any';

/** Key of a label, an annotation or a resource: a name of at most 63 characters, after a domain and / if it is somebody's own. */
export const qualifiedName = z
  .string()
  .min(1)
  .max(317)
  .regex(new RegExp(`^${qualified}$`), qualifiedRule);

const optionalName = z
  .string()
  .max(317)
  .regex(new RegExp(`^(${qualified})?$`), qualifiedRule);

/** Value of a label. */
export const labelValue = z
  .string()
  .max(63)
  .regex(
    /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/,
    'must be empty, or letters, digits, -, _ and ., beginning and ending with a letter or digit',
  );

/** A part of the pod that is passed on as it is; the API server checks it when the pod is made. */
export const verbatim = (description: string) => z.looseObject({}).meta({ description });

/** A Kubernetes quantity: 500m, 2, 1.5Gi. */
export const quantity = z
  .union([
    z.int().min(0),
    z
      .string()
      .max(40)
      .regex(/^[0-9]+(\.[0-9]+)?([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$/, 'must be a quantity, for example 500m, 2 or 1.5Gi'),
  ])
  .meta({ description: 'A Kubernetes quantity, for example 500m, 2 or 1.5Gi.' });

const quantities = (description: string) => z.record(qualifiedName, quantity).meta({ description, maxProperties: 20 });

export const resourceRequirements = z.object({
  requests: quantities(
    'What the scheduler keeps free for the container, by resource: cpu, memory, ephemeral-storage, nvidia.com/gpu, …',
  ).optional(),
  limits: quantities('What the container may use at most, by resource. Above its memory limit it is killed (reason OOMKilled).').optional(),
});

export const envVar = z
  .object({
    name: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[!-<>-~]+$/, 'must be an environment variable name: printable ASCII without = and spaces')
      .meta({ description: 'Name of the variable.' }),
    value: z
      .string()
      .max(131_072)
      .optional()
      .meta({ description: 'Its value; $(OTHER) is replaced by an earlier variable, $$ is a dollar.' }),
    valueFrom: verbatim(
      'Where the value comes from instead: secretKeyRef, configMapKeyRef, fieldRef or resourceFieldRef, as in a pod.',
    ).optional(),
  })
  .meta({
    'x-kubernetes-validations': [
      { rule: '!(has(self.value) && has(self.valueFrom))', message: 'give value or valueFrom, not both', fieldPath: '.valueFrom' },
    ],
  });

export const envList = z
  .array(envVar)
  .max(1000)
  .meta({
    description: 'Environment variables, in order.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  });

export const nodeRequirement = z
  .object({
    key: qualifiedName.meta({ description: 'The node label that the rule looks at.' }),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'])
      .meta({ description: 'How the label is compared with the values.' }),
    values: z
      .array(labelValue)
      .max(100)
      .optional()
      .meta({ description: 'Values for In and NotIn (at least one), Gt and Lt (exactly one integer); none for Exists and DoesNotExist.' }),
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: "!(self.operator in ['In', 'NotIn']) || (has(self.values) && self.values.size() > 0)",
        message: 'In and NotIn need at least one value',
        fieldPath: '.values',
      },
      {
        rule: "!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || self.values.size() == 0",
        message: 'Exists and DoesNotExist take no values',
        fieldPath: '.values',
      },
      {
        rule: "!(self.operator in ['Gt', 'Lt']) || (has(self.values) && self.values.size() == 1 && self.values[0].matches('^[0-9]+$'))",
        message: 'Gt and Lt need exactly one value, an integer that is not negative',
        fieldPath: '.values',
      },
    ],
  });

export const nodeRequirements = z
  .array(nodeRequirement)
  .max(50)
  .meta({ description: 'Rules that a node must fulfil, all of them: they become required node affinity.' });

export const nodePreferences = z
  .array(
    z.object({
      weight: z.int().min(1).max(100).meta({ description: 'How much a fitting node is preferred, 1 to 100.' }),
      requirements: z
        .array(nodeRequirement)
        .min(1)
        .max(50)
        .meta({ description: 'Rules that a node must fulfil to earn the weight, all of them.' }),
    }),
  )
  .max(50)
  .meta({ description: 'Nodes that are preferred, by weight: they become preferred node affinity.' });

export const toleration = z
  .object({
    key: optionalName.optional().meta({ description: 'Taint key; empty with operator Exists tolerates every taint.' }),
    operator: z
      .enum(['Equal', 'Exists'])
      .optional()
      .meta({ description: 'Equal compares the value, Exists does not. Kubernetes takes Equal when unset.' }),
    value: labelValue.optional().meta({ description: 'Taint value for Equal.' }),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .optional()
      .meta({ description: 'Taint effect; all effects when unset.' }),
    tolerationSeconds: z
      .int()
      .min(0)
      .max(2_147_483_647)
      .optional()
      .meta({ description: 'For NoExecute: how long the pod may stay after the taint appears, in seconds.' }),
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: "!has(self.operator) || self.operator != 'Exists' || !has(self.value) || self.value == ''",
        message: 'operator Exists takes no value',
        fieldPath: '.value',
      },
      {
        rule: "(has(self.key) && self.key != '') || (has(self.operator) && self.operator == 'Exists')",
        message: 'an empty key needs operator Exists',
        fieldPath: '.operator',
      },
      {
        rule: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
        message: 'tolerationSeconds is only for effect NoExecute',
        fieldPath: '.tolerationSeconds',
      },
    ],
  });

export const tolerations = z.array(toleration).max(50).meta({ description: 'Taints that the pod accepts, as in a pod.' });

export const nodeSelector = z
  .record(qualifiedName, labelValue)
  .meta({ description: 'Node labels that a node must have with exactly these values.', maxProperties: 50 });

const volumeMount = z.looseObject({
  name: dnsLabel.meta({ description: 'Name of the volume.' }),
  mountPath: z.string().min(1).max(4096).meta({ description: 'Where it appears in the container.' }),
});

export const volume = z.looseObject({
  name: dnsLabel.meta({ description: 'Name of the volume, for volumeMounts.' }),
});

export const volumes = z
  .array(volume)
  .max(100)
  .meta({
    description: 'Volumes of the pod, as in a pod (emptyDir, persistentVolumeClaim, secret, …).',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  });

/** The container template: what an environment offers, and what a job's own init containers and sidecars are made of. */
export const containerFields = {
  image: imageReference.optional().meta({ description: 'Image of the container.' }),
  imagePullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .optional()
    .meta({ description: 'When the image is pulled. Kubernetes decides by the tag when unset.' }),
  command: z.array(z.string().max(131_072)).max(1000).optional().meta({
    description: "Entry point of an init container or sidecar, instead of the image's. The main container runs the job's command instead.",
  }),
  args: z
    .array(z.string().max(131_072))
    .max(1000)
    .optional()
    .meta({ description: "Arguments of an init container or sidecar, instead of the image's." }),
  workingDir: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .meta({ description: 'Working directory of an init container or sidecar. The main container works in the checkout.' }),
  env: envList.optional(),
  envFrom: z
    .array(verbatim('A configMapRef or secretRef, with an optional prefix.'))
    .max(50)
    .optional()
    .meta({ description: 'ConfigMaps and Secrets whose every key becomes a variable, as in a pod.' }),
  resources: resourceRequirements.optional().meta({ description: 'CPU, memory and other resources of the container.' }),
  ports: z
    .array(verbatim('A port, as in a pod.'))
    .max(100)
    .optional()
    .meta({ description: 'Ports that the container opens; documentation and probes only.' }),
  volumeMounts: z.array(volumeMount).max(100).optional().meta({ description: 'Where volumes appear in the container, as in a pod.' }),
  securityContext: verbatim(
    'User, capabilities, seccomp and so on of the container, as in a pod. The agent and the checkout run as the runAsUser and runAsGroup of the main container.',
  ).optional(),
  startupProbe: verbatim('Startup probe of a sidecar, as in a pod; the containers after it wait for it.').optional(),
  livenessProbe: verbatim('Liveness probe of a sidecar, as in a pod.').optional(),
  readinessProbe: verbatim('Readiness probe of a sidecar, as in a pod.').optional(),
  lifecycle: verbatim('postStart and preStop hooks of a sidecar, as in a pod.').optional(),
};

/** An additional container of a job: one that a BuildEnvironment describes, or one written out here. */
export const additionalContainer = z
  .object({
    name: dnsLabel.optional().meta({ description: "Name of the container; the environment's name when unset." }),
    environment: dnsSubdomain
      .optional()
      .meta({ description: 'The BuildEnvironment that describes the container. What is set beside it wins over it.' }),
    essential: z.boolean().optional().meta({ description: 'For a sidecar: whether its failure fails the job. False when unset.' }),
    ...containerFields,
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: 'has(self.environment) || (has(self.name) && has(self.image))',
        message: 'name an environment, or give name and image of a container',
      },
    ],
  });

export type ContainerTemplate = z.infer<z.ZodObject<typeof containerFields>>;
export type AdditionalContainer = z.infer<typeof additionalContainer>;
export type EnvVar = z.infer<typeof envVar>;
export type NodeRequirement = z.infer<typeof nodeRequirement>;
export type NodePreference = z.infer<typeof nodePreferences>[number];
export type Toleration = z.infer<typeof toleration>;
export type Volume = z.infer<typeof volume>;
export type VolumeMount = z.infer<typeof volumeMount>;
export type ResourceRequirements = z.infer<typeof resourceRequirements>;

/** Two containers of one name cannot be in a pod; an unnamed one has its environment's. */
const uniqueContainerNames = {
  rule: `self.all(one, self.exists_one(other, ${nameOf('one')} == ${nameOf('other')}))`,
  // With reason FieldValueDuplicate the API server would leave the message out.
  message: 'two containers have the same name: give each a name of its own',
} as const;

function nameOf(container: string): string {
  return `(has(${container}.name) ? ${container}.name : has(${container}.environment) ? ${container}.environment : '')`;
}

/** Kubernetes takes none in an init container that is no sidecar. */
const noProbes = {
  rule: 'self.all(one, !has(one.startupProbe) && !has(one.livenessProbe) && !has(one.readinessProbe) && !has(one.lifecycle))',
  message: 'probes and lifecycle hooks are for sidecars: move the container to extraContainers, or leave them out',
} as const;

/** Settings that a job may give and that an environment may give for every job that uses it. */
export const sharedSettings = {
  initContainers: z
    .array(additionalContainer)
    .max(20)
    .optional()
    .meta({
      description:
        "Containers that run one after another to their end before the job starts, after the environment's own. A failure ends the job with reason InitFailed.",
      'x-kubernetes-validations': [uniqueContainerNames, noProbes],
    }),
  extraContainers: z
    .array(additionalContainer)
    .max(20)
    .optional()
    .meta({
      description: "Sidecars that run beside the job and are ended after it, besides the environment's own.",
      'x-kubernetes-validations': [uniqueContainerNames],
    }),
  tolerations: tolerations.optional(),
  nodeSelector: nodeSelector.optional(),
  architecture: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]+$/, 'must be an architecture as Go names it, like amd64 or arm64')
    .optional()
    .meta({ description: 'Processor architecture of the node, like amd64 or arm64 (label kubernetes.io/arch).' }),
  operatingSystem: z
    .enum(['linux', 'windows'])
    .optional()
    .meta({ description: 'Operating system of the node (label kubernetes.io/os). Containers of jobs run on linux so far.' }),
  topologySpreadConstraints: z
    .array(verbatim('A topology spread constraint, as in a pod.'))
    .max(20)
    .optional()
    .meta({ description: "How pods are spread over zones and nodes, as in a pod; the environment's constraints, then the job's." }),
  priorityClassName: dnsSubdomain.optional().meta({ description: 'PriorityClass of the pod.' }),
  runtimeClassName: dnsSubdomain.optional().meta({ description: 'RuntimeClass of the pod.' }),
  podLabels: z
    .record(qualifiedName, labelValue)
    .optional()
    .meta({ description: "Labels for the pod, beside the operator's own; the job's win over the environment's.", maxProperties: 50 }),
  podAnnotations: z.record(qualifiedName, z.string().max(65_536)).optional().meta({
    description:
      "Annotations for the pod, beside the operator's own; the job's win over the environment's. cluster-autoscaler.kubernetes.io/safe-to-evict is \"false\" when unset.",
    maxProperties: 50,
  }),
  serviceAccountName: dnsSubdomain
    .optional()
    .meta({ description: 'Service account of the pod. Its token is mounted only when this is set.' }),
  repoMirror: z
    .object({
      enabled: z.boolean().optional().meta({ description: 'Whether the checkout borrows objects from the shared git mirror.' }),
      mode: z
        .enum(['reference', 'dissociate'])
        .optional()
        .meta({ description: 'reference borrows from the mirror for the whole job, dissociate copies what it needs.' }),
    })
    .optional()
    .meta({ description: 'Use of the shared git mirrors, where the operator runs them.' }),
  logExporter: exporter('logs').optional(),
  artifactExporter: exporter('artifacts').optional(),
  metricsExporter: exporter('metrics').optional(),
};

function exporter(what: string) {
  return z
    .object({
      enabled: z
        .boolean()
        .optional()
        .meta({ description: `Whether a sidecar carries the job's ${what} out of the pod.` }),
      settings: z
        .record(z.string().max(100), z.string().max(4096))
        .optional()
        .meta({ description: "Settings for this job; they win over the operator's.", maxProperties: 50 }),
    })
    .meta({ description: `Export of the job's ${what} by a sidecar, where the operator is configured for it.` });
}
