import { sampleJob } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import type { Obstacle, Progress } from './pod-progress.ts';
import { judgeStop, type StopClock } from './stop.ts';
import { at, startMs } from './testing/kubelet-pod.ts';

const limits = { timeoutSeconds: 100, pendingTimeoutSeconds: 50, startFailureGraceSeconds: 30, unschedulableGraceSeconds: 40 };
const clock = (second: number, obstacleSince?: number): StopClock => ({
  nowMs: startMs + second * 1000,
  createdMs: startMs,
  obstacleSinceMs: obstacleSince === undefined ? undefined : startMs + obstacleSince * 1000,
});
const progress = (phase: Progress['phase'], obstacle?: Obstacle): Progress => ({
  phase,
  schedulingTime: at(0),
  initializingTime: at(1),
  runningTime: phase === 'Running' ? at(10) : undefined,
  obstacle,
});
const blocked = (reason: Obstacle['reason'], final = false) => progress('Initializing', { reason, message: 'the words', final });
const crashed: Obstacle = { reason: 'SidecarFailed', message: 'essential sidecar db ended' };

describe('a job is stopped', () => {
  it.each<[string, Progress | undefined]>([
    ['that has no pod', undefined],
    ['that waits', progress('Scheduling')],
    ['that runs', progress('Running')],
  ])('at once when it is cancelled: one %s', (_title, seen) => {
    expect(judgeStop(sampleJob({ cancelled: true }), seen, limits, clock(1)).stop).toStrictEqual({
      phase: 'Cancelled',
      reason: 'Cancelled',
      message: 'cancelled by spec.cancelled',
    });
  });

  it.each<[string, Progress | undefined, StopClock, { phase: string; reason: string; message: string }]>([
    [
      'when it has run for its timeout',
      progress('Running'),
      clock(110),
      {
        phase: 'TimedOut',
        reason: 'TimedOut',
        message: 'the job ran longer than its timeout of 100 s; raise timeoutSeconds or make it faster',
      },
    ],
    [
      'when it has no pod after its pending timeout',
      undefined,
      clock(50),
      {
        phase: 'Failed',
        reason: 'PendingTimeout',
        message: 'the job did not start running within 50 s; it had no pod then, as when the controller does not run; run the job again',
      },
    ],
    [
      'when it does not run after its pending timeout',
      progress('Initializing'),
      clock(51),
      {
        phase: 'Failed',
        reason: 'PendingTimeout',
        message: 'the job did not start running within 50 s; look at the events of its pod, or raise pendingTimeoutSeconds',
      },
    ],
    [
      'when no node took it within its pending timeout, with that cause',
      progress('Scheduling', { reason: 'Unschedulable', message: 'no node can take the pod: 0/1' }),
      clock(50),
      { phase: 'Failed', reason: 'Unschedulable', message: 'no node can take the pod: 0/1; the job did not start running within 50 s' },
    ],
    [
      'when an image could not be pulled for the grace',
      blocked('ImagePull'),
      clock(32, 2),
      { phase: 'Failed', reason: 'ImagePull', message: 'the words; it did not recover within 30 s' },
    ],
    [
      'when a container could not be made for the grace',
      blocked('ConfigError'),
      clock(33, 2),
      expect.objectContaining({ reason: 'ConfigError' }),
    ],
    [
      'when an image name is invalid, at once',
      blocked('InvalidImage', true),
      clock(2, 2),
      { phase: 'Failed', reason: 'InvalidImage', message: 'the words' },
    ],
    [
      'when a container can never start, even as it is first seen',
      blocked('ConfigError', true),
      clock(2),
      { phase: 'Failed', reason: 'ConfigError', message: 'the words' },
    ],
    [
      'when no node took it for the grace',
      progress('Scheduling', { reason: 'Unschedulable', message: 'no node can take the pod: 0/1' }),
      clock(41, 1),
      { phase: 'Failed', reason: 'Unschedulable', message: 'no node can take the pod: 0/1; it did not recover within 40 s' },
    ],
    [
      'when an essential sidecar failed while it ran, at once',
      { ...progress('Running'), failedSidecar: crashed },
      clock(11),
      { phase: 'Failed', reason: 'SidecarFailed', message: 'essential sidecar db ended' },
    ],
    [
      'when an essential sidecar kept it from starting for its pending timeout',
      progress('Initializing', crashed),
      clock(50, 1),
      expect.objectContaining({ reason: 'SidecarFailed', message: expect.stringContaining('within 50 s') }),
    ],
    [
      'when an essential sidecar did not become ready for its pending timeout',
      { ...progress('Initializing'), awaited: crashed },
      clock(50),
      expect.objectContaining({ reason: 'SidecarFailed', message: expect.stringContaining('within 50 s') }),
    ],
  ])('%s', (_title, seen, when, stop) => {
    expect(judgeStop(sampleJob(), seen, limits, when)).toStrictEqual({ stop });
  });
});

describe('a job goes on, and is asked again', () => {
  it.each<[string, Progress | undefined, StopClock, number]>([
    ['when its pending timeout is over: one without a pod', undefined, clock(0), 50_000],
    ['when its pending timeout is over: one that waits for a node', progress('Scheduling'), clock(49), 1000],
    ['when its timeout is over: one that runs', progress('Running'), clock(60), 50_000],
    ['when its timeout is over, not its pending timeout: one that runs late', progress('Running'), clock(109), 1000],
    [
      'when its pending timeout is over: one that fits no node',
      progress('Scheduling', { reason: 'Unschedulable', message: 'x' }),
      clock(40, 20),
      10_000,
    ],
    [
      'when the grace is over: one that has fitted no node for a while',
      progress('Scheduling', { reason: 'Unschedulable', message: 'x' }),
      clock(20, 5),
      25_000,
    ],
    ['when its pending timeout is over: one whose essential sidecar crashes', progress('Initializing', crashed), clock(40, 1), 10_000],
    [
      'when its pending timeout is over: one whose essential sidecar is not ready',
      { ...progress('Initializing'), awaited: crashed },
      clock(40),
      10_000,
    ],
    ['when the grace is over: one whose pull has just failed', blocked('ImagePull'), clock(5), 30_000],
    ['when the grace is over: one whose pull has failed for a while', blocked('ImagePull'), clock(12, 2), 20_000],
    ['when its pending timeout is over, where that comes first', blocked('ImagePull'), clock(45, 40), 5000],
  ])('%s', (_title, seen, when, waitMs) => {
    expect(judgeStop(sampleJob(), seen, limits, when)).toStrictEqual({ waitMs });
  });

  it('never, where nobody knows since when it runs', () => {
    expect(judgeStop(sampleJob(), { ...progress('Running'), runningTime: undefined }, limits, clock(999))).toStrictEqual({});
  });
});
