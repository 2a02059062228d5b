import type { BuildJob } from '@buildkite-operator/crds';
import { checkoutRunning, commandRunning, setupRunning } from './client-containers.ts';
import type { Command } from './compose.ts';
import type { PodDefaults } from './defaults.ts';
import { gitVariables } from './git-settings.ts';
import type { Container, EnvVar, SecurityContext } from './kubernetes-pod.ts';
import type { NamedCommand } from './long-command.ts';
import { containerNames, paths } from './names.ts';
import { experiments, graceVariables, type PodSettings, toEnv } from './own-container-parts.ts';
import type { Report } from './problem.ts';

/**
 * The containers of a job that an agent elsewhere has acquired: each runs buildkite-agent's bootstrap with the job's environment out of a
 * Secret, and what belongs to the pod in place of what belonged to the agent's machine. The kubelet starts none of them before the Secret
 * is there. Names and meanings of variables are those of `buildkite-agent bootstrap` v3.136.2.
 */

/** Makes the workspace ready. The bootstrap looks for plugins below the name that the job's agent has. */
export function outsideSetup(
  environmentSecret: string,
  defaults: PodDefaults,
  commands: readonly NamedCommand[],
  user: SecurityContext,
): Container {
  const name = 'BUILDKITE_AGENT_NAME';
  const env: EnvVar = { name, valueFrom: { secretKeyRef: { name: environmentSecret, key: name } } };
  return setupRunning(defaults, user, { agentName: `$${name}`, env: [env], commands });
}

/** Runs the plugin and checkout phases. As the last of the init containers it ends before the command starts. */
export function outsideCheckout(
  environmentSecret: string,
  job: BuildJob,
  defaults: PodDefaults,
  settings: PodSettings,
  user: SecurityContext,
): Container {
  return checkoutRunning(job, defaults, user, {
    run: [`cd ${paths.build}`, 'exec buildkite-agent-entrypoint bootstrap'],
    defaults: shells,
    env: ownVariables(job, settings, containerNames.checkout, 'plugin,checkout'),
    envFrom: [{ secretRef: { name: environmentSecret } }],
  });
}

/** Runs the command in the environment's image. */
export function outsideCommand(
  environmentSecret: string,
  job: BuildJob,
  command: Command,
  settings: PodSettings,
  report: Report,
): Container {
  return commandRunning(
    command,
    {
      run: [`cd ${paths.build}`, `exec ${paths.agentBinary} bootstrap`],
      defaults: shells,
      env: ownVariables(job, settings, command.name, 'plugin,command'),
      envFrom: [{ secretRef: { name: environmentSecret } }],
    },
    report,
  );
}

/** Those of the agent's machine need not be in the image. An image may say which it has. */
const shells = toEnv({ BUILDKITE_SHELL: '/bin/sh -ec', BUILDKITE_HOOKS_SHELL: '' });

function ownVariables({ spec: { checkout = {} } }: BuildJob, settings: PodSettings, container: string, bootstrapPhases: string): EnvVar[] {
  const { BUILDKITE_NO_GIT_SUBMODULES: _ofAgentStart, ...git } = gitVariables(checkout);
  return toEnv({
    BUILDKITE_BOOTSTRAP_PHASES: bootstrapPhases,
    ...experiments,
    BUILDKITE_BIN_PATH: paths.workspace,
    BUILDKITE_BUILD_PATH: paths.build,
    BUILDKITE_BUILD_CHECKOUT_PATH: paths.checkout,
    BUILDKITE_HOOKS_PATH: paths.hooks,
    BUILDKITE_ADDITIONAL_HOOKS_PATHS: '',
    BUILDKITE_PLUGINS_PATH: paths.plugins,
    // The pod is fresh, and a clone would take the folders of the settings' plugins for old ones.
    BUILDKITE_PLUGINS_ALWAYS_CLONE_FRESH: 'false',
    BUILDKITE_SOCKETS_PATH: `${paths.sockets}/${container}`,
    BUILDKITE_ENV_FILE: '',
    BUILDKITE_ENV_JSON_FILE: '',
    // The bootstrap gets the pod's SIGTERM itself: it stops the command, and has this long for hooks and artifacts.
    ...graceVariables(settings),
    BUILDKITE_GIT_MIRRORS_PATH: '',
    ...git,
    ...(checkout.gitMirrors !== undefined && { BUILDKITE_GIT_MIRRORS_SKIP_UPDATE: String(checkout.gitMirrors.skipUpdate === true) }),
    ...(checkout.submodules !== undefined && { BUILDKITE_GIT_SUBMODULES: String(checkout.submodules) }),
  });
}
