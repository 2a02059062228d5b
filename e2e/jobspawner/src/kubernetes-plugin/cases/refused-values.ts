import type { BadCase } from './good-case.ts';

/** A wrong value of a key, and what is to do about it. */
type Wrong = readonly [value: unknown, remedy: string];

const text = (value: unknown): Wrong => [value, 'must be a text'];
const flag = (value: unknown): Wrong => [value, 'must be true or false'];
const number = (value: unknown): Wrong => [value, 'must be a number'];
const list = (value: unknown): Wrong => [value, 'must be a list'];
const object = (value: unknown): Wrong => [value, 'must be an object'];

/** For each key of the block a wrong value. */
const block: Readonly<Record<string, Wrong>> = {
  podSpec: object('alpine'),
  podTemplate: ['kp-templat', 'is no PodTemplate of the namespace (it has kp-template): create it, or name another'],
  podSpecPatch: object(['hostname']),
  sidecars: list({ image: 'redis' }),
  metadata: object('team=web'),
  'metadata.labels': object(['team']),
  'metadata.annotations': object('note'),
  extraVolumeMounts: list({ name: 'cache' }),
  gitEnvFrom: list('kp-git'),
  checkout: object(false),
  'checkout.skip': flag('yes'),
  'checkout.cloneFlags': text(['--depth=1']),
  'checkout.fetchFlags': text(1),
  'checkout.cleanFlags': text(true),
  'checkout.checkoutFlags': text({}),
  'checkout.noSubmodules': flag('true'),
  'checkout.submoduleCloneConfig': list('protocol.file.allow=always'),
  'checkout.gitMirrors': object([]),
  'checkout.gitMirrors.path': text(1),
  'checkout.gitMirrors.volume': object('mirrors'),
  'checkout.gitMirrors.cloneFlags': text(['--bare']),
  'checkout.gitMirrors.lockTimeout': number('300s'),
  'checkout.gitMirrors.skipUpdate': flag('yes'),
  'checkout.gitCredentialsSecret': object('kp-credentials'),
  'checkout.envFrom': list({}),
  'checkout.extraVolumeMounts': list('/cache'),
  commandParams: object('vector'),
  'commandParams.interposer': ['bash', 'must be one of'],
  'commandParams.envFrom': list('kp-values'),
  'commandParams.extraVolumeMounts': list({}),
  sidecarParams: object([]),
  'sidecarParams.envFrom': list('kp-values'),
  'sidecarParams.extraVolumeMounts': list('/cache'),
  jobActiveDeadlineSeconds: [0, 'must be at least 1'],
};

/** For each field of `podSpec` a wrong value. */
const podSpec: Readonly<Record<string, Wrong>> = {
  activeDeadlineSeconds: [0, 'must be at least 1'],
  affinity: object('node-1'),
  automountServiceAccountToken: flag('yes'),
  containers: list({ image: 'alpine' }),
  dnsConfig: object([]),
  dnsPolicy: text(1),
  enableServiceLinks: flag('no'),
  ephemeralContainers: [[{ name: 'debug', image: 'alpine' }], 'cannot be in a pod when it is made: leave it out'],
  hostAliases: list({ ip: '192.0.2.7' }),
  hostIPC: flag('yes'),
  hostNetwork: flag(1),
  hostPID: flag('yes'),
  hostUsers: flag(0),
  hostname: text(['kp-host']),
  hostnameOverride: text(7),
  imagePullSecrets: list('kp-registry'),
  initContainers: list({}),
  nodeName: text(1),
  nodeSelector: object('linux'),
  os: object('linux'),
  overhead: object('10m'),
  preemptionPolicy: text(true),
  priority: number('high'),
  priorityClassName: text(7),
  readinessGates: list('kp.example/ready'),
  resourceClaims: list({ name: 'claimed' }),
  resources: object('700Mi'),
  restartPolicy: text(true),
  runtimeClassName: text(1),
  schedulerName: text(['kp-scheduler']),
  schedulingGates: list('kp.example/wait'),
  schedulingGroup: object('group'),
  securityContext: object(1000),
  serviceAccount: text(5),
  serviceAccountName: ['Not A Name', 'must be a Kubernetes object name'],
  setHostnameAsFQDN: flag('yes'),
  shareProcessNamespace: flag('yes'),
  subdomain: text({}),
  terminationGracePeriodSeconds: [5, 'must be at least 15'],
  tolerations: list({ operator: 'Exists' }),
  topologySpreadConstraints: list({ maxSkew: 1 }),
  volumes: list({ name: 'cache' }),
};

/** For each field of a container a wrong value. */
const container: Readonly<Record<string, Wrong>> = {
  args: list('x'),
  command: list('make'),
  env: list({ A: '1' }),
  envFrom: list('kp-values'),
  image: text(['alpine']),
  imagePullPolicy: text(true),
  lifecycle: object('postStart'),
  livenessProbe: object([]),
  name: text(1),
  ports: list(8080),
  readinessProbe: object('ready'),
  resizePolicy: list('cpu'),
  resources: object('1Gi'),
  restartPolicy: text(3),
  restartPolicyRules: list('Restart'),
  securityContext: object(1000),
  startupProbe: object(true),
  stdin: flag('yes'),
  stdinOnce: flag(1),
  terminationMessagePath: text(1),
  terminationMessagePolicy: text(false),
  tty: flag('no'),
  volumeDevices: list('/dev/kp-disk'),
  volumeMounts: list('/cache'),
  workingDir: text(['/tmp']),
};

function refused(key: string, place: string, [value, remedy]: Wrong, kubernetes: object): BadCase {
  return { key, step: { plugins: [{ kubernetes }] }, says: [`kubernetes.${place}: ${remedy}`, `found ${JSON.stringify(value)}`] };
}

/** The block with one key, which is reached by steps. */
function nested(path: readonly string[], value: unknown): object {
  const [key = '', ...rest] = path;
  return { [key]: rest.length === 0 ? value : nested(rest, value) };
}

/** For each key that a pipeline may use, a step with a value that the key does not take. */
export const refusedValues: readonly BadCase[] = [
  ...Object.entries(block).map(([key, wrong]) => refused(key, key, wrong, nested(key.split('.'), wrong[0]))),
  ...Object.entries(podSpec).map(([key, wrong]) => refused(`podSpec.${key}`, `podSpec.${key}`, wrong, { podSpec: { [key]: wrong[0] } })),
  ...Object.entries(container).map(([key, wrong]) =>
    refused(`podSpec.containers[].${key}`, `podSpec.containers[0].${key}`, wrong, { podSpec: { containers: [{ [key]: wrong[0] }] } }),
  ),
  ...Object.entries(container).map(([key, wrong]) =>
    refused(`podSpec.initContainers[].${key}`, `podSpec.initContainers[0].${key}`, wrong, {
      podSpec: { initContainers: [{ name: 'before', image: 'alpine', [key]: wrong[0] }] },
    }),
  ),
];
