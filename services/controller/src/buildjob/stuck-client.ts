import type { Pod } from '@buildkite-operator/kube';
import { containerNames } from '@buildkite-operator/podspec';
import { describe } from './container-words.ts';
import { clientNames, containerStatus, endedClients, type Terminated } from './pod-containers.ts';
import { oomMessage } from './pod-ending.ts';
import { startAdvice } from './start-failure.ts';
import type { StopVerdict } from './stop.ts';

/** A client that lives no longer than this may have ended before its first act, in milliseconds; the kubelet's times are whole seconds. */
const deadAtStartMs = 1000;

/**
 * The agent waits for each client's first act before it acquires the job. A client that ended before that, as where its image has no
 * /bin/sh, would keep it waiting for as long as the job may run; one that ended later makes the agent end soon. So the job is stopped
 * where the agent still runs some time after such an end. Pure.
 */
export function judgeStuckClient(pod: Pod, graceSeconds: number, nowMs: number): StopVerdict {
  if (containerStatus(pod, containerNames.agent)?.state?.running === undefined) return {};
  const dead = endedClients(pod).find(({ name, terminated }) => mayHaveDiedAtStart(pod, name, terminated));
  if (dead === undefined) return {};
  const { name, terminated } = dead;
  const left = Date.parse(terminated.finishedAt ?? '') + graceSeconds * 1000 - nowMs;
  if (left > 0) return { waitMs: left };
  if (terminated.reason === 'OOMKilled') return { stop: { phase: 'Failed', reason: 'OOMKilled', message: oomMessage(pod, name) } };
  // What tini ends with if there is no such program, or it cannot be run.
  const noShell = terminated.exitCode === 127 || terminated.exitCode === 126;
  const advice = startAdvice(name, noShell ? '/bin/sh: not found' : undefined);
  const message = `container ${name} could not start: it ended with ${describe(terminated)} at once, and the agent waits for it; ${advice}`;
  return { stop: { phase: 'Failed', reason: 'ConfigError', message } };
}

/** It ended at once, or before its turn came: one before it still runs. */
function mayHaveDiedAtStart(pod: Pod, name: string, { exitCode, startedAt, finishedAt }: Terminated): boolean {
  if (exitCode === 0) return false;
  const names = clientNames(pod);
  const before = names.slice(0, names.indexOf(name));
  if (before.some(earlier => containerStatus(pod, earlier)?.state?.running !== undefined)) return true;
  return Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '') <= deadAtStartMs;
}
