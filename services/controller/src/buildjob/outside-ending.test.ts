import { describe, expect, it } from 'vitest';
import { hasEnded, lostNodeMarginMs, podEnding } from './pod-ending.ts';
import type { Stop } from './stop.ts';
import { ended, type PodFacts, running, startMs, vanished } from './testing/kubelet-pod.ts';
import { afterCheckout, checkingOut, commandRuns, copied, initializing, noShell, outsidePod } from './testing/outside-pods.ts';

describe('a pod without an agent has ended', () => {
  const now = startMs + 11_000;

  it.each<[string, PodFacts, { ended: boolean; waitMs?: number }]>([
    ['not: it checks out', checkingOut, { ended: false }],
    ['not: its command is yet to start', afterCheckout(initializing), { ended: false }],
    ['not: its command runs', commandRuns, { ended: false }],
    [
      'when its command has, whatever the sidecars do',
      { ...afterCheckout(ended(3)), initContainers: { cache: running() } },
      { ended: true },
    ],
    ['when the kubelet says so', { phase: 'Failed', containers: { checkout: ended(1), 'container-0': initializing } }, { ended: true }],
    [
      'soon: its checkout has failed, and the kubelet is about to end it',
      { phase: 'Pending', containers: { checkout: ended(1), 'container-0': initializing } },
      { ended: false, waitMs: 4000 },
    ],
    ['not: it is deleted and within its grace', { ...checkingOut, deletedAt: 40 }, { ended: false, waitMs: 29_000 + lostNodeMarginMs }],
    ['when its node has not ended it long after its grace', { ...checkingOut, deletedAt: 11 - lostNodeMarginMs / 1000 }, { ended: true }],
  ])('%s', (_title, facts, expected) => {
    expect(hasEnded(outsidePod(facts), now)).toStrictEqual(expected);
  });
});

const cancel: Stop = { phase: 'Cancelled', reason: 'Cancelled', message: 'cancelled by spec.cancelled' };

interface EndingCase {
  readonly title: string;
  readonly pod: PodFacts;
  readonly stop?: Stop;
  /** `byCluster`: another pod may do better, if this one has not begun. */
  readonly ending: { phase: string; reason: string; exitCode?: number; byCluster?: true };
  readonly says: string;
}

const cases: readonly EndingCase[] = [
  {
    title: 'ended well',
    pod: { phase: 'Succeeded', containers: { checkout: ended(0), 'container-0': ended(0) } },
    ending: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    says: 'exit code 0',
  },
  {
    title: 'ended well without a checkout',
    pod: { phase: 'Succeeded', job: { checkout: { skip: true } }, containers: { 'container-0': ended(0) } },
    ending: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    says: 'exit code 0',
  },
  // Exit codes that would mean something else of an agent, or before a job has begun.
  ...[1, 27, 126, 127, 128, 143, 255].map(exitCode => ({
    title: `ran a command that ended with ${exitCode}`,
    pod: { phase: 'Failed', containers: { checkout: ended(0), 'container-0': ended(exitCode) } } as const,
    ending: { phase: 'Failed', reason: 'ExitCode', exitCode },
    says: `container-0 ended with exit code ${exitCode}; the job's log`,
  })),
  ...[1, 128].map(exitCode => ({
    title: `failed in its checkout with ${exitCode}`,
    pod: { phase: 'Failed', initContainers: copied, containers: { checkout: ended(exitCode), 'container-0': initializing } } as const,
    ending: { phase: 'Failed', reason: 'ExitCode', exitCode },
    says: `the checkout failed: checkout ended with exit code ${exitCode}`,
  })),
  {
    title: 'has an init container that failed before the checkout',
    pod: { phase: 'Failed', initContainers: { 'copy-agent': ended(0), warm: ended(2) }, containers: { checkout: initializing } },
    ending: { phase: 'Failed', reason: 'InitFailed' },
    says: 'init container warm ended with exit code 2',
  },
  {
    title: 'has a command that cannot start',
    pod: { phase: 'Failed', containers: { checkout: ended(0), 'container-0': noShell } },
    ending: { phase: 'Failed', reason: 'ConfigError' },
    says: 'container container-0 could not start',
  },
  {
    title: 'has a checkout that cannot start',
    pod: { phase: 'Failed', containers: { checkout: noShell, 'container-0': initializing } },
    ending: { phase: 'Failed', reason: 'ConfigError' },
    says: 'container checkout could not start',
  },
  {
    title: 'ran out of memory in the command',
    pod: {
      phase: 'Failed',
      job: { resources: { limits: { memory: '64Mi' } } },
      containers: { checkout: ended(0), 'container-0': ended(137, { reason: 'OOMKilled' }) },
    },
    ending: { phase: 'Failed', reason: 'OOMKilled', exitCode: 137 },
    says: 'container container-0 was killed because it used more memory than its limit of 64Mi',
  },
  {
    title: 'ran out of memory in the checkout',
    pod: { phase: 'Failed', containers: { checkout: ended(137, { reason: 'OOMKilled' }), 'container-0': initializing } },
    ending: { phase: 'Failed', reason: 'OOMKilled', exitCode: 137 },
    says: 'container checkout was killed',
  },
  {
    title: 'was cancelled while its command ran',
    pod: { phase: 'Failed', containers: { checkout: ended(0), 'container-0': ended(143) }, deletedAt: 60 },
    stop: cancel,
    ending: { phase: 'Cancelled', reason: 'Cancelled' },
    says: 'spec.cancelled',
  },
  {
    title: 'was cancelled during its checkout',
    pod: { phase: 'Failed', containers: { checkout: ended(143), 'container-0': initializing }, deletedAt: 60 },
    stop: cancel,
    ending: { phase: 'Cancelled', reason: 'Cancelled' },
    says: 'spec.cancelled',
  },
  {
    title: 'was cancelled, and ended well within its grace period',
    pod: { phase: 'Succeeded', containers: { checkout: ended(0), 'container-0': ended(0) }, deletedAt: 60 },
    stop: cancel,
    ending: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    says: 'exit code 0',
  },
  {
    title: 'reached its deadline while the controller was away',
    pod: { phase: 'Failed', reason: 'DeadlineExceeded', containers: { checkout: ended(0), 'container-0': ended(137) } },
    ending: { phase: 'TimedOut', reason: 'TimedOut' },
    says: 'deadline',
  },
  {
    title: 'was deleted by hand',
    pod: { phase: 'Failed', containers: { checkout: ended(0), 'container-0': ended(143) }, deletedAt: 60 },
    ending: { phase: 'Failed', reason: 'Deleted' },
    says: 'deleted by somebody else',
  },
  {
    title: 'was deleted by hand before its command started, of which the kubelet then knows nothing',
    pod: { phase: 'Failed', containers: { checkout: ended(0), 'container-0': vanished() }, deletedAt: 60 },
    ending: { phase: 'Failed', reason: 'Deleted' },
    says: 'deleted by somebody else',
  },
  {
    title: 'was deleted, and its node never said more',
    pod: { ...checkingOut, deletedAt: 1 },
    ending: { phase: 'Failed', reason: 'NodeLost' },
    says: 'did not report the end of the pod in time',
  },
  {
    title: 'was on a node that was reset while the command ran',
    pod: { phase: 'Failed', containers: { checkout: ended(0), 'container-0': ended(255, { reason: 'Unknown' }) } },
    ending: { phase: 'Failed', reason: 'NodeLost', byCluster: true },
    says: 'lost the containers',
  },
  {
    title: 'was on a node that was reset during its checkout',
    pod: { phase: 'Failed', containers: { checkout: ended(255, { reason: 'Unknown' }), 'container-0': initializing } },
    ending: { phase: 'Failed', reason: 'NodeLost', byCluster: true },
    says: 'lost the containers',
  },
  {
    title: 'was evicted while its command ran',
    pod: {
      phase: 'Failed',
      disruption: { reason: 'EvictionByEvictionAPI' },
      containers: { checkout: ended(0), 'container-0': ended(143) },
      deletedAt: 60,
    },
    ending: { phase: 'Failed', reason: 'Evicted', byCluster: true },
    says: 'drain',
  },
  {
    title: 'was refused by its node',
    pod: { phase: 'Failed', reason: 'OutOfcpu', message: 'Pod was rejected: x' },
    ending: { phase: 'Failed', reason: 'Evicted', byCluster: true },
    says: 'refused the pod: OutOfcpu',
  },
  {
    title: 'failed without a word',
    pod: { phase: 'Failed' },
    ending: { phase: 'Failed', reason: 'NodeLost' },
    says: 'the pod ended, and its node node-1 does not tell how its containers did',
  },
];

describe('the ending of a pod without an agent that', () => {
  it.each(cases)('$title', ({ pod, stop, ending, says }) => {
    const { message, disruption, ...found } = podEnding(outsidePod(pod), stop);
    expect({ ...found, ...(disruption !== undefined && { byCluster: true }) }).toStrictEqual(ending);
    expect(message).toContain(says);
  });
});
