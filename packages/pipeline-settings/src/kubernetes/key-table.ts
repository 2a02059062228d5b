/** What becomes of a key of the `kubernetes` block. */
export interface KeyFate {
  /**
   * `setting`: a field of BuildJob. `podPatch`: the same field of the pod, by BuildJob's `podPatch`. `ignored`: it has no effect, as with
   * the official controller. `refused`: the job fails with a message that names the key.
   */
  readonly fate: 'ignored' | 'podPatch' | 'refused' | 'setting';
  /** What becomes of it, for people. */
  readonly becomes: string;
  /** In what this differs from the official controller. */
  readonly difference?: string;
}

type Fates = Readonly<Record<string, KeyFate>>;

const setting = (field: string, difference?: string): KeyFate => ({
  fate: 'setting',
  becomes: `\`${field}\``,
  ...(difference !== undefined && { difference }),
});
const podPatch = (difference?: string): KeyFate => ({
  fate: 'podPatch',
  becomes: '`podPatch`, the same field',
  ...(difference !== undefined && { difference }),
});
const refused = (becomes: string, difference?: string): KeyFate => ({
  fate: 'refused',
  becomes,
  ...(difference !== undefined && { difference }),
});
const ignored = (becomes: string, difference?: string): KeyFate => ({
  fate: 'ignored',
  becomes,
  ...(difference !== undefined && { difference }),
});

const replacesList = "replaces that of the job's BuildEnvironment, as patches do";

/** Keys of the block, and of the objects that are the plugin's own. */
export const pluginKeyFates: Fates = {
  podSpec: setting('image, command, env, …', 'key by key, see the next tables'),
  podTemplate: setting(
    'image, command, env, …',
    "the template's `spec` is read as `podSpec` is; beside `podSpec` it has no effect, and the job says so",
  ),
  podSpecPatch: setting(
    'podPatch',
    '`null`, `$patch` and `$retainKeys` work, a `valueFrom` replaces a `value`, and a volume its earlier source; the official controller loses them',
  ),
  sidecars: setting('extraContainers'),
  metadata: setting('podLabels, podAnnotations'),
  'metadata.labels': setting(
    'podLabels',
    'labels under `buildkite-operator.io/` are refused; those under `buildkite.com/` are not made here',
  ),
  'metadata.annotations': setting('podAnnotations', 'the same'),
  extraVolumeMounts: podPatch('in `container-0`, `checkout` and the sidecars; not in `agent`, which holds the token'),
  gitEnvFrom: podPatch('`envFrom` of `checkout` and `container-0`, and of the sidecars'),
  checkout: setting('checkout'),
  'checkout.skip': setting('checkout.skip'),
  'checkout.cloneFlags': setting('checkout.cloneFlags'),
  'checkout.fetchFlags': setting('checkout.fetchFlags'),
  'checkout.cleanFlags': setting('checkout.cleanFlags'),
  'checkout.checkoutFlags': setting('checkout.checkoutFlags'),
  'checkout.noSubmodules': setting('checkout.submodules'),
  'checkout.submoduleCloneConfig': setting(
    'checkout.submoduleCloneConfig',
    'an entry with a comma is refused: the agent would read two of it',
  ),
  'checkout.gitMirrors': setting(
    'checkout.gitMirrors',
    'the checkout copies what it needs from a mirror, so that git works in the other containers, which do not mount it',
  ),
  'checkout.gitMirrors.path': setting('checkout.gitMirrors.path'),
  'checkout.gitMirrors.volume': setting('checkout.gitMirrors.volume', 'policy holds for it; mounted read-only with `skipUpdate`'),
  'checkout.gitMirrors.cloneFlags': setting('checkout.gitMirrors.cloneFlags'),
  'checkout.gitMirrors.lockTimeout': setting('checkout.gitMirrors.lockTimeout'),
  'checkout.gitMirrors.skipUpdate': setting('checkout.gitMirrors.skipUpdate'),
  'checkout.gitCredentialsSecret': setting(
    'checkout.credentialsSecret',
    'SSH keys in the same Secret work as well; a Secret that is missing leaves the checkout without credentials',
  ),
  'checkout.envFrom': podPatch(),
  'checkout.extraVolumeMounts': podPatch(),
  commandParams: setting('command, podPatch'),
  'commandParams.interposer': setting('command', 'a `$(NAME)` in it is the shell’s, not the kubelet’s'),
  'commandParams.envFrom': podPatch(replacesList),
  'commandParams.extraVolumeMounts': podPatch(),
  sidecarParams: setting('extraContainers'),
  'sidecarParams.envFrom': setting('extraContainers[].envFrom'),
  'sidecarParams.extraVolumeMounts': setting('extraContainers[].volumeMounts'),
  jobActiveDeadlineSeconds: setting('timeoutSeconds', 'counted from the start of the job, not from the making of the pod'),
};

/** Fields of `podSpec`. */
export const podSpecFates: Fates = {
  activeDeadlineSeconds: setting('timeoutSeconds', 'the shorter of it and `jobActiveDeadlineSeconds` counts'),
  affinity: podPatch("replaces the node rules of the job's BuildEnvironment"),
  automountServiceAccountToken: podPatch('the token is not mounted unless this or `serviceAccountName` asks for it'),
  containers: setting('command, image, env, …', 'the first; those after it become `commandContainers`'),
  dnsConfig: podPatch(),
  dnsPolicy: podPatch(),
  enableServiceLinks: podPatch('false when unset'),
  ephemeralContainers: refused('a pod cannot be made with them'),
  hostAliases: podPatch(),
  hostIPC: podPatch('where the policy allows it'),
  hostNetwork: podPatch('where the policy allows it'),
  hostPID: podPatch('where the policy allows it'),
  hostUsers: podPatch('where the policy allows it'),
  hostname: podPatch(),
  hostnameOverride: podPatch(),
  imagePullSecrets: podPatch(),
  initContainers: setting('initContainers', 'those with `restartPolicy: Always` become `extraContainers`'),
  nodeName: podPatch(),
  nodeSelector: setting('nodeSelector'),
  os: podPatch(),
  overhead: podPatch(),
  preemptionPolicy: podPatch(),
  priority: podPatch(),
  priorityClassName: setting('priorityClassName', 'where the policy allows it'),
  readinessGates: podPatch(),
  resourceClaims: podPatch(),
  resources: podPatch(),
  restartPolicy: ignored('it is always `Never`', 'the job says so where it was something else'),
  runtimeClassName: setting('runtimeClassName', 'where the policy allows it'),
  schedulerName: podPatch(),
  schedulingGates: podPatch(),
  schedulingGroup: podPatch(),
  securityContext: podPatch("merged over that of the job's BuildEnvironment; the operator's own containers keep theirs"),
  serviceAccount: setting('serviceAccountName'),
  serviceAccountName: setting('serviceAccountName', 'where the policy allows it'),
  setHostnameAsFQDN: podPatch(),
  shareProcessNamespace: podPatch('refused where it would show the agent token to other containers'),
  subdomain: podPatch(),
  terminationGracePeriodSeconds: setting('terminationGracePeriodSeconds', 'at least 15'),
  tolerations: setting('tolerations', "added to those of the job's BuildEnvironment"),
  topologySpreadConstraints: setting('topologySpreadConstraints'),
  volumes: podPatch("names of the operator's own volumes are refused"),
};

const noRestart = 'a command runs once';

/**
 * Fields of the command's container, `podSpec.containers[0]`. Of those after it, `image`, `imagePullPolicy`, `env`, `envFrom`, `resources`, `ports`,
 * `volumeMounts` and `securityContext` are fields of `commandContainers[]`.
 */
export const commandContainerFates: Fates = {
  args: setting('command', 'without `command` they have no effect, and the job says so'),
  command: setting('command'),
  env: setting('env', 'of several with one name the last counts'),
  envFrom: podPatch(replacesList),
  image: setting('image', 'the step’s `image:` wins over it'),
  imagePullPolicy: podPatch(),
  lifecycle: podPatch(),
  livenessProbe: podPatch(),
  name: setting('podPatch', 'the container is called `container-0` whatever its name; `podSpecPatch` finds it by its own'),
  ports: podPatch(),
  readinessProbe: podPatch(),
  resizePolicy: podPatch(),
  resources: setting('resources', '`claims` by `podPatch`'),
  restartPolicy: refused(noRestart),
  restartPolicyRules: refused(noRestart),
  securityContext: podPatch(),
  startupProbe: podPatch(),
  stdin: podPatch(),
  stdinOnce: podPatch(),
  terminationMessagePath: podPatch(),
  terminationMessagePolicy: podPatch(),
  tty: podPatch(),
  volumeDevices: podPatch(),
  volumeMounts: podPatch('a mount of the workspace itself is there already'),
  workingDir: ignored('the command runs in the checkout', 'the job says so'),
};

const ofList = (name: string, difference?: string) => setting(`initContainers[].${name}`, difference);

/** Fields of an entry of `podSpec.initContainers` or `sidecars`; of a sidecar, read `extraContainers` for `initContainers`. */
export const additionalContainerFates: Fates = {
  args: ofList('args'),
  command: ofList('command'),
  env: ofList('env', 'of several with one name the last counts'),
  envFrom: ofList('envFrom'),
  image: ofList('image', 'must be given'),
  imagePullPolicy: ofList('imagePullPolicy'),
  lifecycle: ofList('lifecycle'),
  livenessProbe: ofList('livenessProbe'),
  name: ofList('name', 'a sidecar without one is called `sidecar-` and its place in the list'),
  ports: ofList('ports'),
  readinessProbe: ofList('readinessProbe'),
  resizePolicy: podPatch(),
  resources: ofList('resources', '`claims` by `podPatch`'),
  restartPolicy: setting('extraContainers', '`Always` makes a sidecar of an init container; nothing else is taken'),
  restartPolicyRules: refused('Kubernetes takes rules neither for a sidecar nor for an init container without a policy'),
  securityContext: ofList('securityContext'),
  startupProbe: ofList('startupProbe'),
  stdin: podPatch(),
  stdinOnce: podPatch(),
  terminationMessagePath: podPatch(),
  terminationMessagePolicy: podPatch(),
  tty: podPatch(),
  volumeDevices: podPatch(),
  volumeMounts: ofList('volumeMounts', 'a mount of the workspace itself is there already'),
  workingDir: ofList('workingDir'),
};

/** The tables by their headings in docs/kubernetes-plugin.md, with the path before each key. */
export const keyTables: readonly { readonly heading: string; readonly prefix: string; readonly fates: Fates }[] = [
  { heading: 'The block', prefix: '', fates: pluginKeyFates },
  { heading: 'podSpec', prefix: 'podSpec.', fates: podSpecFates },
  { heading: "The command's container", prefix: 'podSpec.containers[].', fates: commandContainerFates },
  { heading: 'Init containers and sidecars', prefix: 'podSpec.initContainers[].', fates: additionalContainerFates },
];

/** Each table as Markdown, row by row, by its heading. */
export function keyTablesAsMarkdown(): ReadonlyMap<string, readonly string[]> {
  return new Map(
    keyTables.map(({ heading, prefix, fates }) => {
      const rows = Object.entries(fates).map(([key, { fate, becomes, difference = '' }]) => {
        const what = fate === 'refused' ? `refused: ${becomes}` : fate === 'ignored' ? `no effect: ${becomes}` : becomes;
        return `| \`${prefix}${key}\` | ${what} | ${difference} |`;
      });
      return [heading, ['| key | becomes | differences |', '| --- | --- | --- |', ...rows]];
    }),
  );
}
