import type { BuildJob, VolumeMount } from '@buildkite-operator/crds';
import type { Command } from './compose.ts';
import type { PodDefaults } from './defaults.ts';
import { copyFilter, filterOfAgentImage, underFilter } from './environment-filter.ts';
import { gitMirrorsMounts, gitVariables } from './git-settings.ts';
import { asKubernetes, type Container, type EnvVar, type ResourceRequirements, type SecurityContext } from './kubernetes-pod.ts';
import { commandFiles, commandValue, fitsProcess, type NamedCommand } from './long-command.ts';
import { containerNames, paths, volumeNames } from './names.ts';
import type { Report } from './problem.ts';
import { mergeEnv } from './resolve-container.ts';
import { makePluginFolders } from './settings-plugins.ts';
import { announceStart, awaitAgent, awaitStarts, clientContainers } from './start-gate.ts';

/** The containers that carry the kubernetes-exec protocol of buildkite-agent: set-up, agent, checkout and command. */

const workspaceMount: VolumeMount = { name: volumeNames.workspace, mountPath: paths.workspace };

/** What the containers have in common. */
export interface PodSettings {
  readonly podName: string;
  readonly queue: string;
  readonly gracePeriodSeconds: number;
  readonly pendingTimeoutSeconds: number;
}

/**
 * Experiments of buildkite-agent that every process of it runs with. Jobs run in two nested terminals; `pty-raw` makes both pass on what
 * the job writes as it is, where each would otherwise put a carriage return before every newline.
 */
const experiments = { BUILDKITE_AGENT_EXPERIMENT: 'pty-raw' };

/** The agent must have uploaded the log and finished the job within this many seconds after the command's own grace. */
const finishSeconds = 10;

/**
 * A script under tini, as the agent image has it: a shell as the first process of a container would not be ended by SIGTERM, and what lies
 * in the workspace must not run beside the token.
 */
function underTini(...script: readonly string[]): Pick<Container, 'command'> {
  return { command: ['/usr/bin/tini-static', '-s', '--', '/bin/sh', '-ec', script.join('\n')] };
}

/**
 * Copies the agent and tini to the workspace, from where every image can run them, makes the folders all users write to, and writes
 * commands that are too long for a variable into files.
 */
export function setupContainer(
  defaults: PodDefaults,
  podName: string,
  commands: readonly NamedCommand[],
  user: SecurityContext,
): Container {
  const files = commandFiles(commands);
  const script = [
    'umask 000',
    `mkdir -p ${paths.build} ${paths.plugins} ${paths.hooks} ${paths.sockets} ${paths.started}`,
    `cp /usr/local/bin/buildkite-agent ${paths.agentBinary}`,
    `cp /usr/bin/tini-static ${paths.tini}`,
    ...copyFilter({ commandContainers: commands }),
    makePluginFolders(podName),
    ...files.script,
  ];
  return {
    name: containerNames.setup,
    image: defaults.agentImage,
    command: ['/bin/sh', '-ec', script.join('\n')],
    ...(files.env.length > 0 && { env: [...files.env] }),
    resources: asKubernetes<ResourceRequirements>(defaults.agentResources),
    securityContext: confined(user),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [workspaceMount],
  };
}

/**
 * Waits for the other containers, acquires the job, serves the socket, sends log and exit status. Its whole environment reaches the job's
 * containers (kubernetes-exec), so only settings stand in it; the token is a file that no other container mounts.
 */
export function agentContainer(job: BuildJob, defaults: PodDefaults, settings: PodSettings, user: SecurityContext): Container {
  const { buildkite, checkout } = job.spec;
  const tags = Object.entries({ ...buildkite.agentTags, queue: settings.queue }).map(([key, value]) => `${key}=${value}`);
  const clients = clientContainers(job.spec);
  const variables = {
    BUILDKITE_AGENT_TOKEN: `file://${paths.agentToken}/${defaults.agentTokenSecret.key}`,
    BUILDKITE_AGENT_ENDPOINT: defaults.agentEndpoint,
    BUILDKITE_AGENT_NAME: settings.podName,
    BUILDKITE_AGENT_TAGS: tags.join(','),
    BUILDKITE_AGENT_ACQUIRE_JOB: buildkite.jobId,
    BUILDKITE_AGENT_REFLECT_EXIT_STATUS: 'true',
    ...experiments,
    BUILDKITE_KUBERNETES_EXEC: 'true',
    BUILDKITE_KUBERNETES_CONTAINER_START_TIMEOUT: `${settings.pendingTimeoutSeconds}s`,
    BUILDKITE_CONTAINER_COUNT: String(clients.length),
    BUILDKITE_BUILD_PATH: paths.build,
    BUILDKITE_HOOKS_PATH: paths.hooks,
    BUILDKITE_PLUGINS_PATH: paths.plugins,
    BUILDKITE_SOCKETS_PATH: `${paths.sockets}/${containerNames.agent}`,
    BUILDKITE_SHELL: '/bin/sh -ec',
    BUILDKITE_NO_COLOR: 'true',
    BUILDKITE_CANCEL_GRACE_PERIOD: String(settings.gracePeriodSeconds),
    BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS: String(settings.gracePeriodSeconds - finishSeconds),
    ...gitVariables(checkout),
  };
  return {
    name: containerNames.agent,
    image: defaults.agentImage,
    ...underTini(awaitStarts(clients), 'exec buildkite-agent-entrypoint start'),
    env: [
      ...toEnv(variables),
      fieldVariable('BUILDKITE_K8S_NODE', 'spec.nodeName'),
      fieldVariable('BUILDKITE_K8S_NAMESPACE', 'metadata.namespace'),
      fieldVariable('BUILDKITE_K8S_SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    ],
    resources: asKubernetes<ResourceRequirements>(defaults.agentResources),
    securityContext: confined(user),
    // The agent says in its own log why it ended, for example that the job was cancelled; this brings the end of it into the status.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      workspaceMount,
      { name: volumeNames.agentToken, mountPath: paths.agentToken, readOnly: true },
      // The agent runs agent-startup and agent-shutdown from its hooks path. Every container can write to the workspace: what the job
      // puts there must not run here, beside the token.
      { name: volumeNames.agentHooks, mountPath: paths.hooks, readOnly: true },
    ],
  };
}

/** Runs the plugin and checkout phases. It writes with an open umask, so that a command under any user can work in the checkout. */
export function checkoutContainer(job: BuildJob, defaults: PodDefaults, settings: PodSettings, user: SecurityContext): Container {
  const secret = job.spec.checkout?.credentialsSecret;
  const script = [
    announceStart(containerNames.checkout),
    'umask 000',
    awaitAgent(),
    `exec ${underFilter(job.spec, filterOfAgentImage, 'buildkite-agent-entrypoint kubernetes-bootstrap')}`,
  ];
  // git's store helper wants to rewrite its file, which a Secret's mount does not let it do: it works on a copy.
  const copy = `if [ -e ${paths.gitCredentials}/.git-credentials ]; then (umask 077; cp ${paths.gitCredentials}/.git-credentials /tmp/.git-credentials); fi`;
  return {
    name: containerNames.checkout,
    image: defaults.agentImage,
    ...(secret === undefined ? underTini(...script) : underTini(copy, ...script)),
    env: [
      ...clientEnv(settings, containerNames.checkout, 0, 'plugin,checkout'),
      ...gitConfig({ 'safe.directory': '*', ...(secret !== undefined && { 'credential.helper': 'store --file=/tmp/.git-credentials' }) }),
      ...(secret === undefined ? [] : ['RSA', 'ECDSA', 'ED25519'].map(kind => secretVariable(`SSH_PRIVATE_${kind}_KEY`, secret))),
    ],
    resources: asKubernetes<ResourceRequirements>(defaults.checkoutResources),
    securityContext: confined(user),
    volumeMounts: [
      workspaceMount,
      ...(secret === undefined ? [] : [{ name: volumeNames.gitCredentials, mountPath: paths.gitCredentials, readOnly: true }]),
      ...gitMirrorsMounts(job.spec.checkout),
    ],
  };
}

/** Runs a command in the environment's image, under tini and the agent's bootstrap from the workspace. */
export function commandContainer(
  job: BuildJob,
  { name, command, field, template }: Command,
  settings: PodSettings,
  report: Report,
): Container {
  for (const variable of template.env ?? []) {
    if (variable.value === undefined || fitsProcess(variable.name, variable.value)) continue;
    report({
      code: 'TooLarge',
      field: `${field}.env[${variable.name}]`,
      problem: `has ${Buffer.byteLength(variable.value)} bytes, and a process cannot be given a variable of 128 KiB and more; put it into a file`,
    });
  }
  const containerId = clientContainers(job.spec).indexOf(name);
  const client = underFilter(job.spec, paths.environmentFilter, `${paths.agentBinary} kubernetes-bootstrap`);
  const {
    command: _entryPoint,
    args: _args,
    workingDir: _workingDir,
    startupProbe: _startupProbe,
    livenessProbe: _livenessProbe,
    readinessProbe: _readinessProbe,
    lifecycle: _lifecycle,
    volumeMounts = [],
    env = [],
    ...rest
  } = asKubernetes<Partial<Container>>(template);
  const own: EnvVar[] = [
    ...clientEnv(settings, name, containerId, 'plugin,command'),
    ...toEnv({ BUILDKITE_COMMAND: commandValue({ name, command }) }),
  ];
  return {
    ...rest,
    name,
    // tini comes before the shell, which as the container's first process would ignore SIGTERM.
    command: [paths.tini, '--', '/bin/sh', '-ec'],
    args: [[announceStart(name), awaitAgent(), `exec ${client}`].join('\n')],
    workingDir: paths.workspace,
    env: mergeEnv(gitConfig({ 'safe.directory': '*' }), env, own),
    volumeMounts: [workspaceMount, ...volumeMounts],
  };
}

/** An own container runs without privileges, as the command's user where that is known, so that they share their files. */
function confined(user: SecurityContext): SecurityContext {
  return { ...user, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } };
}

function clientEnv(settings: PodSettings, container: string, id: number, bootstrapPhases: string): EnvVar[] {
  return toEnv({
    BUILDKITE_CONTAINER_ID: String(id),
    BUILDKITE_BOOTSTRAP_PHASES: bootstrapPhases,
    BUILDKITE_SOCKETS_PATH: `${paths.sockets}/${container}`,
    ...experiments,
    BUILDKITE_KUBERNETES_BOOTSTRAP_CONNECTION_TIMEOUT: `${settings.pendingTimeoutSeconds}s`,
  });
}

/** git settings as environment variables, which git treats like ones from its command line. */
function gitConfig(values: Readonly<Record<string, string>>): EnvVar[] {
  const pairs = Object.entries(values).flatMap(([key, value], index) => [
    { name: `GIT_CONFIG_KEY_${index}`, value: key },
    { name: `GIT_CONFIG_VALUE_${index}`, value },
  ]);
  return [{ name: 'GIT_CONFIG_COUNT', value: String(pairs.length / 2) }, ...pairs];
}

/** Variables with these very values: what looks like a reference to the kubelet, $(NAME) or $$, is kept from it. */
function toEnv(variables: Readonly<Record<string, string | undefined>>): EnvVar[] {
  return Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: value.replaceAll('$', '$$$$') }],
  );
}

function fieldVariable(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

function secretVariable(name: string, secret: string): EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key: name, optional: true } } };
}
