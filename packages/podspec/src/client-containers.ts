import type { BuildJob } from '@buildkite-operator/crds';
import type { Command } from './compose.ts';
import type { PodDefaults } from './defaults.ts';
import { gitMirrorsMounts } from './git-settings.ts';
import { asKubernetes, type Container, type EnvVar, type ResourceRequirements, type SecurityContext } from './kubernetes-pod.ts';
import { commandFiles, commandValue, fitsProcess, type NamedCommand } from './long-command.ts';
import { containerNames, paths, volumeNames } from './names.ts';
import { confined, gitConfig, secretVariable, toEnv, underTini, workspaceMount } from './own-container-parts.ts';
import type { Report } from './problem.ts';
import { mergeEnv } from './resolve-container.ts';
import { makePluginFolders } from './settings-plugins.ts';

/** The containers that make the workspace ready and do the job's work in it, whatever starts the agent's bootstrap in them. */

/** What there is to make ready. */
export interface Setup {
  /** The name of the job's agent, by which the bootstrap looks for plugins; a word of the shell between double quotes. */
  readonly agentName: string;
  /** Variables that the name is made of. */
  readonly env?: readonly EnvVar[];
  readonly further?: readonly string[];
  readonly commands: readonly NamedCommand[];
}

/**
 * Copies the agent and tini to the workspace, from where every image can run them, makes the folders all users write to, and writes
 * commands that are too long for a variable into files.
 */
export function setupRunning(defaults: PodDefaults, user: SecurityContext, setup: Setup): Container {
  const files = commandFiles(setup.commands);
  const env = [...(setup.env ?? []), ...files.env];
  const script = [
    'umask 000',
    `mkdir -p ${paths.build} ${paths.plugins} ${paths.hooks} ${paths.sockets} ${paths.started}`,
    `cp /usr/local/bin/buildkite-agent ${paths.agentBinary}`,
    `cp /usr/bin/tini-static ${paths.tini}`,
    ...(setup.further ?? []),
    makePluginFolders(setup.agentName),
    ...files.script,
  ];
  return {
    name: containerNames.setup,
    image: defaults.agentImage,
    command: ['/bin/sh', '-ec', script.join('\n')],
    ...(env.length > 0 && { env }),
    resources: asKubernetes<ResourceRequirements>(defaults.agentResources),
    securityContext: confined(user),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [workspaceMount],
  };
}

/** How a container comes to its bootstrap. */
export interface Start {
  /** Shell commands before everything else. */
  readonly begin?: readonly string[];
  /** Shell commands, of which the last becomes the bootstrap. */
  readonly run: readonly string[];
  /** Variables that nobody else may set. */
  readonly env: readonly EnvVar[];
  /** Variables that the container's own win over. */
  readonly defaults?: readonly EnvVar[];
  /** Sources of variables, after the container's own, so that they win over those. */
  readonly envFrom?: NonNullable<Container['envFrom']>;
}

/** The checkout. It writes with an open umask, so that a command under any user can work in it. */
export function checkoutRunning(job: BuildJob, defaults: PodDefaults, user: SecurityContext, start: Start): Container {
  const { begin = [], run, defaults: weak = [], envFrom } = start;
  const secret = job.spec.checkout?.credentialsSecret;
  const script = [...begin, 'umask 000', ...run];
  // git's store helper wants to rewrite its file, which a Secret's mount does not let it do: it works on a copy.
  const copy = `if [ -e ${paths.gitCredentials}/.git-credentials ]; then (umask 077; cp ${paths.gitCredentials}/.git-credentials /tmp/.git-credentials); fi`;
  return {
    name: containerNames.checkout,
    image: defaults.agentImage,
    ...(secret === undefined ? underTini(...script) : underTini(copy, ...script)),
    ...(envFrom !== undefined && { envFrom }),
    env: [
      ...weak,
      ...start.env,
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

/** A command in the environment's image, under tini from the workspace. */
export function commandRunning({ name, command, field, template }: Command, start: Start, report: Report): Container {
  for (const variable of template.env ?? []) {
    if (variable.value === undefined || fitsProcess(variable.name, variable.value)) continue;
    report({
      code: 'TooLarge',
      field: `${field}.env[${variable.name}]`,
      problem: `has ${Buffer.byteLength(variable.value)} bytes, and a process cannot be given a variable of 128 KiB and more; put it into a file`,
    });
  }
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
  const { begin = [], run, defaults: weak = [], envFrom = [] } = start;
  return {
    ...rest,
    name,
    // tini comes before the shell, which as the container's first process would ignore SIGTERM.
    command: [paths.tini, '--', '/bin/sh', '-ec'],
    args: [[...begin, ...run].join('\n')],
    workingDir: paths.workspace,
    env: mergeEnv([...gitConfig({ 'safe.directory': '*' }), ...weak], env, [
      ...start.env,
      ...toEnv({ BUILDKITE_COMMAND: commandValue({ name, command }) }),
    ]),
    ...(envFrom.length > 0 && { envFrom: [...(rest.envFrom ?? []), ...envFrom] }),
    volumeMounts: [workspaceMount, ...volumeMounts],
  };
}
