import type { VolumeMount } from '@buildkite-operator/crds';
import type { Container, EnvVar, SecurityContext } from './kubernetes-pod.ts';
import { paths, volumeNames } from './names.ts';

/** Parts that the operator's own containers are made of. */

/** The volume that every container of the pod has. */
export const workspaceMount: VolumeMount = { name: volumeNames.workspace, mountPath: paths.workspace };

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
export const experiments = { BUILDKITE_AGENT_EXPERIMENT: 'pty-raw' };

/** The agent must have uploaded the log and finished the job within this many seconds after the command's own grace. */
const finishSeconds = 10;

/** What the agent, or the bootstrap where there is none, has from a stop to its end, and how much of it the command has. */
export function graceVariables({ gracePeriodSeconds }: PodSettings) {
  return {
    BUILDKITE_CANCEL_GRACE_PERIOD: String(gracePeriodSeconds),
    BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS: String(gracePeriodSeconds - finishSeconds),
  };
}

/**
 * A script under tini, as the agent image has it: a shell as the first process of a container would not be ended by SIGTERM, and what lies
 * in the workspace must not run beside the token.
 */
export function underTini(...script: readonly string[]): Pick<Container, 'command'> {
  return { command: ['/usr/bin/tini-static', '-s', '--', '/bin/sh', '-ec', script.join('\n')] };
}

/** An own container runs without privileges, as the command's user where that is known, so that they share their files. */
export function confined(user: SecurityContext): SecurityContext {
  return { ...user, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } };
}

/** git settings as environment variables, which git treats like ones from its command line. */
export function gitConfig(values: Readonly<Record<string, string>>): EnvVar[] {
  const pairs = Object.entries(values).flatMap(([key, value], index) => [
    { name: `GIT_CONFIG_KEY_${index}`, value: key },
    { name: `GIT_CONFIG_VALUE_${index}`, value },
  ]);
  return [{ name: 'GIT_CONFIG_COUNT', value: String(pairs.length / 2) }, ...pairs];
}

/** Variables with these very values: what looks like a reference to the kubelet, $(NAME) or $$, is kept from it. */
export function toEnv(variables: Readonly<Record<string, string | undefined>>): EnvVar[] {
  return Object.entries(variables).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: value.replaceAll('$', '$$$$') }],
  );
}

/** A variable with a field of the pod. */
export function fieldVariable(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

/** A variable from the key of its name in a Secret, if it is there. */
export function secretVariable(name: string, secret: string): EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key: name, optional: true } } };
}
