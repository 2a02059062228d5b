import type { BuildJob } from '@buildkite-operator/crds';
import { checkoutRunning, commandRunning, setupRunning } from './client-containers.ts';
import type { Command } from './compose.ts';
import type { PodDefaults } from './defaults.ts';
import { copyFilter, filterOfAgentImage, underFilter } from './environment-filter.ts';
import { gitVariables } from './git-settings.ts';
import { asKubernetes, type Container, type EnvVar, type ResourceRequirements, type SecurityContext } from './kubernetes-pod.ts';
import type { NamedCommand } from './long-command.ts';
import { containerNames, paths, volumeNames } from './names.ts';
import {
  confined,
  experiments,
  fieldVariable,
  graceVariables,
  type PodSettings,
  toEnv,
  underTini,
  workspaceMount,
} from './own-container-parts.ts';
import type { Report } from './problem.ts';
import { announceStart, awaitAgent, awaitStarts, clientContainers } from './start-gate.ts';

/** The containers that carry the kubernetes-exec protocol of buildkite-agent: set-up, agent, checkout and command. */

/** Makes the workspace ready for an agent that is called like the pod, and its clients. */
export function setupContainer(
  defaults: PodDefaults,
  podName: string,
  commands: readonly NamedCommand[],
  user: SecurityContext,
): Container {
  return setupRunning(defaults, user, { agentName: podName, further: copyFilter({ commandContainers: commands }), commands });
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
    ...graceVariables(settings),
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

/** Runs the plugin and checkout phases. */
export function checkoutContainer(job: BuildJob, defaults: PodDefaults, settings: PodSettings, user: SecurityContext): Container {
  return checkoutRunning(job, defaults, user, {
    begin: [announceStart(containerNames.checkout)],
    run: [awaitAgent(), `exec ${underFilter(job.spec, filterOfAgentImage, 'buildkite-agent-entrypoint kubernetes-bootstrap')}`],
    env: clientEnv(settings, containerNames.checkout, 0, 'plugin,checkout'),
  });
}

/** Runs a command in the environment's image, under tini and the agent's bootstrap from the workspace. */
export function commandContainer(job: BuildJob, command: Command, settings: PodSettings, report: Report): Container {
  const { name } = command;
  const client = underFilter(job.spec, paths.environmentFilter, `${paths.agentBinary} kubernetes-bootstrap`);
  return commandRunning(
    command,
    {
      begin: [announceStart(name)],
      run: [awaitAgent(), `exec ${client}`],
      env: clientEnv(settings, name, clientContainers(job.spec).indexOf(name), 'plugin,command'),
    },
    report,
  );
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
