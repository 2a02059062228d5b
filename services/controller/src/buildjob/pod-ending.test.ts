import type { Live, Pod } from '@buildkite-operator/kube';
import { describe, expect, it } from 'vitest';
import { hasEnded, lostNodeMarginMs, podEnding, settleMs } from './pod-ending.ts';
import type { Stop } from './stop.ts';
import { ended, kubeletPod, type PodFacts, running, startMs, vanished, waiting } from './testing/kubelet-pod.ts';

const done = { agent: ended(0), checkout: ended(0), 'container-0': ended(0) };
const allRun = { agent: running(), checkout: running(), 'container-0': running() };
const failed = (code: number) => ({ agent: ended(code), checkout: ended(0), 'container-0': ended(code) });
const twoCommands = { commandContainers: [{ name: 'lint', command: 'make lint' }] };
const cancel: Stop = { phase: 'Cancelled', reason: 'Cancelled', message: 'cancelled by spec.cancelled' };
const cancelWords = 'Canceling job 0197 with a signal grace period of 50s (job cancelled on Buildkite)';
const timeoutWords = 'Canceling job 0197 with a signal grace period of 50s (job timed out on Buildkite)';

describe('a pod has ended', () => {
  const now = startMs + 11_000;
  const agentDone = { ...done, 'container-0': running() };

  it.each<[string, PodFacts, { ended: boolean; waitMs?: number }]>([
    ['not: it runs', { containers: allRun }, { ended: false }],
    ['not: it waits for a node', { phase: 'Pending', nodeName: undefined }, { ended: false }],
    ['not: its node does not answer', { phase: 'Unknown', containers: allRun }, { ended: false }],
    ['not: the command is through, the agent still reports it', { containers: { ...done, agent: running() } }, { ended: false }],
    ['when the kubelet says so', { phase: 'Succeeded', containers: done }, { ended: true }],
    ['when it failed before anything ran', { phase: 'Failed' }, { ended: true }],
    [
      'when agent and clients have ended, whatever the sidecars do',
      { containers: done, initContainers: { cache: running() } },
      { ended: true },
    ],
    [
      'not: the second of two commands may still be reported',
      { job: twoCommands, containers: { ...done, lint: running() } },
      { ended: false, waitMs: 10_000 + settleMs - 11_000 },
    ],
    [
      'soon: the agent has, and the kubelet may report the command late',
      { containers: agentDone },
      { ended: false, waitMs: 10_000 + settleMs - 11_000 },
    ],
    [
      'when the agent has for a while, and nobody will start the command',
      { containers: { ...agentDone, agent: ended(27, { finishedAt: 1 }) } },
      { ended: true },
    ],
    ['when nobody knows when the agent has', { containers: { ...agentDone, agent: vanished() } }, { ended: true }],
    ['when it is deleted and no node has it', { phase: 'Pending', nodeName: undefined, deletedAt: 40 }, { ended: true }],
    [
      'not: it is deleted and within its grace',
      { containers: allRun, deletedAt: 40 },
      { ended: false, waitMs: 40_000 + lostNodeMarginMs - 11_000 },
    ],
    [
      'when its node has not ended it long after its grace',
      { containers: allRun, deletedAt: 11 - lostNodeMarginMs / 1000 },
      { ended: true },
    ],
    ['when it is deleted and all have ended', { containers: failed(1), deletedAt: 40 }, { ended: true }],
    [
      'soon: it is deleted and the agent has ended',
      { containers: agentDone, deletedAt: 40 },
      { ended: false, waitMs: 10_000 + settleMs - 11_000 },
    ],
  ])('%s', (_title, facts, expected) => {
    expect(hasEnded(kubeletPod(facts), now)).toStrictEqual(expected);
  });
});

interface EndingCase {
  readonly title: string;
  readonly pod: PodFacts;
  readonly stop?: Stop;
  readonly ending: { phase: string; reason: string; exitCode?: number };
  readonly says: string;
}

const evicted = { reason: 'Evicted', message: 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 20Mi.' };

const cases: readonly EndingCase[] = [
  {
    title: 'ended well',
    pod: { phase: 'Succeeded', containers: done },
    ending: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    says: 'exit code 0',
  },
  {
    title: 'ended well without checkout',
    pod: { phase: 'Succeeded', job: { checkout: { skip: true } }, containers: { agent: ended(0), 'container-0': ended(0) } },
    ending: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    says: 'exit code 0',
  },
  {
    title: 'ended well within the grace period of a stop',
    pod: { phase: 'Succeeded', containers: done, deletedAt: 60 },
    stop: cancel,
    ending: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    says: 'exit code 0',
  },
  ...[1, 27, 42, 137, 255].map(exitCode => ({
    title: `ran a command that ended with ${exitCode}`,
    pod: { phase: 'Failed', containers: failed(exitCode) } as const,
    ending: { phase: 'Failed', reason: 'ExitCode', exitCode },
    says: `container-0 ended with exit code ${exitCode}`,
  })),
  {
    title: 'failed in the checkout, and the command with it',
    pod: { phase: 'Failed', containers: { agent: ended(128), checkout: ended(128), 'container-0': ended(1) } },
    ending: { phase: 'Failed', reason: 'ExitCode', exitCode: 128 },
    says: 'checkout ended with exit code 128',
  },
  {
    title: 'ran several commands to their end',
    pod: { phase: 'Succeeded', job: twoCommands, containers: { ...done, lint: ended(0) } },
    ending: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    says: 'exit code 0',
  },
  {
    title: 'failed in the second of two commands',
    pod: { phase: 'Failed', job: twoCommands, containers: { ...done, agent: ended(5), lint: ended(5) } },
    ending: { phase: 'Failed', reason: 'ExitCode', exitCode: 5 },
    says: 'lint ended with exit code 5',
  },
  {
    title: 'failed in the first of two commands, and the second with it',
    pod: { phase: 'Failed', job: twoCommands, containers: { ...failed(3), lint: ended(1) } },
    ending: { phase: 'Failed', reason: 'ExitCode', exitCode: 3 },
    says: 'container-0 ended with exit code 3',
  },
  {
    title: 'had its command container killed, which the agent reports as lost',
    pod: { phase: 'Failed', containers: { agent: ended(249), checkout: ended(0), 'container-0': ended(137) } },
    ending: { phase: 'Failed', reason: 'ExitCode', exitCode: 137 },
    says: 'container-0 ended with exit code 137',
  },
  {
    title: 'was stopped by the operator',
    pod: { phase: 'Failed', containers: failed(255), deletedAt: 60 },
    stop: { phase: 'TimedOut', reason: 'TimedOut', message: 'the job ran longer than its timeout of 60 s' },
    ending: { phase: 'TimedOut', reason: 'TimedOut' },
    says: 'its timeout of 60 s',
  },
  {
    title: 'was stopped before it had a node',
    pod: { phase: 'Pending', nodeName: undefined, deletedAt: 60 },
    stop: cancel,
    ending: { phase: 'Cancelled', reason: 'Cancelled' },
    says: 'spec.cancelled',
  },
  {
    title: 'was to be stopped, but failed by itself before',
    pod: { phase: 'Failed', containers: failed(3) },
    stop: cancel,
    ending: { phase: 'Failed', reason: 'ExitCode', exitCode: 3 },
    says: 'exit code 3',
  },
  {
    title: 'was stopped and evicted: the stop came first',
    pod: { phase: 'Failed', ...evicted, disruption: { reason: 'TerminationByKubelet' }, containers: failed(137), deletedAt: 60 },
    stop: cancel,
    ending: { phase: 'Cancelled', reason: 'Cancelled' },
    says: 'spec.cancelled',
  },
  {
    title: 'has an init container that failed',
    pod: {
      phase: 'Failed',
      initContainers: { 'copy-agent': ended(0), warm: ended(2, { message: 'cache: no such host\n' }) },
      containers: { agent: waiting('PodInitializing'), checkout: waiting('PodInitializing'), 'container-0': waiting('PodInitializing') },
    },
    ending: { phase: 'Failed', reason: 'InitFailed' },
    says: 'init container warm ended with exit code 2; correct what it runs, or its environment; the job was not started. Its last words: cache: no such host',
  },
  {
    title: 'has an init container that ran out of memory',
    pod: { phase: 'Failed', initContainers: { 'copy-agent': ended(137, { reason: 'OOMKilled' }) } },
    ending: { phase: 'Failed', reason: 'InitFailed' },
    says: 'ended with exit code 137 (OOMKilled) because it used more memory than its node has; raise its resources.limits.memory',
  },
  {
    title: 'has a sidecar that failed, which fails no job',
    pod: {
      phase: 'Failed',
      job: { extraContainers: [{ name: 'cache', image: 'x' }] },
      initContainers: { 'copy-agent': ended(0), cache: ended(143) },
      containers: failed(7),
    },
    ending: { phase: 'Failed', reason: 'ExitCode', exitCode: 7 },
    says: 'exit code 7',
  },
  {
    title: 'reached its deadline while the controller was away',
    pod: {
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
      containers: failed(137),
    },
    ending: { phase: 'TimedOut', reason: 'TimedOut' },
    says: 'deadline',
  },
  {
    title: 'reached its deadline while an init container ran',
    pod: { phase: 'Failed', reason: 'DeadlineExceeded', initContainers: { 'copy-agent': ended(137) } },
    ending: { phase: 'TimedOut', reason: 'TimedOut' },
    says: 'deadline',
  },
  {
    title: 'ran out of memory in the command',
    pod: {
      phase: 'Failed',
      job: { resources: { limits: { memory: '64Mi' } } },
      containers: { agent: ended(249), checkout: ended(0), 'container-0': ended(137, { reason: 'OOMKilled' }) },
    },
    ending: { phase: 'Failed', reason: 'OOMKilled', exitCode: 137 },
    says: 'container container-0 was killed because it used more memory than its limit of 64Mi; raise resources.limits.memory',
  },
  {
    title: 'ran out of memory without a limit',
    pod: { phase: 'Failed', containers: { agent: ended(249), checkout: ended(137, { reason: 'OOMKilled' }), 'container-0': ended(1) } },
    ending: { phase: 'Failed', reason: 'OOMKilled', exitCode: 137 },
    says: 'container checkout was killed because it used more memory than its node has',
  },
  {
    title: 'ran out of memory in the agent',
    pod: { phase: 'Failed', containers: { agent: ended(137, { reason: 'OOMKilled' }), checkout: ended(0), 'container-0': ended(255) } },
    ending: { phase: 'Failed', reason: 'OOMKilled', exitCode: 137 },
    says: 'container agent',
  },
  {
    title: 'lost a child to the memory limit and went on well',
    pod: { phase: 'Succeeded', containers: { ...done, 'container-0': ended(0, { reason: 'OOMKilled' }) } },
    ending: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    says: 'exit code 0',
  },
  {
    title: 'was refused the job by Buildkite',
    pod: { containers: { agent: ended(27), checkout: running(), 'container-0': running() } },
    ending: { phase: 'Failed', reason: 'NotAcquired' },
    says: 'taken, cancelled or finished already',
  },
  {
    title: 'did not get the job',
    pod: { containers: { agent: ended(0), checkout: running(), 'container-0': running() } },
    ending: { phase: 'Failed', reason: 'NotAcquired' },
    says: 'see the agent container log',
  },
  {
    title: 'did not get the job, and its clients gave up',
    pod: { phase: 'Failed', containers: { agent: ended(0), checkout: ended(1), 'container-0': ended(1) } },
    ending: { phase: 'Failed', reason: 'NotAcquired' },
    says: 'see the agent container log',
  },
  {
    title: 'was cancelled in Buildkite',
    pod: { phase: 'Failed', containers: { agent: ended(255, { message: cancelWords }), checkout: ended(0), 'container-0': ended(255) } },
    ending: { phase: 'Cancelled', reason: 'Cancelled' },
    says: 'cancelled in Buildkite',
  },
  {
    title: 'was cancelled in Buildkite during the checkout, so that the command never came',
    pod: { phase: 'Failed', containers: { agent: ended(137, { message: cancelWords }), checkout: ended(255), 'container-0': ended(1) } },
    ending: { phase: 'Cancelled', reason: 'Cancelled' },
    says: 'cancelled in Buildkite',
  },
  {
    title: 'timed out in Buildkite',
    pod: { phase: 'Failed', containers: { agent: ended(255, { message: timeoutWords }), checkout: ended(0), 'container-0': ended(255) } },
    ending: { phase: 'TimedOut', reason: 'TimedOut' },
    says: 'its timeout in Buildkite',
  },
  {
    title: 'was deleted by hand',
    pod: { phase: 'Failed', containers: failed(255), deletedAt: 60 },
    ending: { phase: 'Failed', reason: 'Deleted' },
    says: 'deleted by somebody else',
  },
  {
    title: 'was deleted by hand, and a sidecar still flushes',
    pod: {
      job: { extraContainers: [{ name: 'cache', image: 'x' }] },
      initContainers: { cache: running() },
      containers: failed(255),
      deletedAt: 60,
    },
    ending: { phase: 'Failed', reason: 'Deleted' },
    says: 'deleted by somebody else',
  },
  {
    title: 'was deleted before it had a node',
    pod: { phase: 'Pending', nodeName: undefined, deletedAt: 60 },
    ending: { phase: 'Failed', reason: 'Deleted' },
    says: 'deleted by somebody else',
  },
  {
    title: 'was deleted while an init container ran, which that ended',
    pod: { phase: 'Failed', initContainers: { 'copy-agent': ended(143) }, deletedAt: 60 },
    ending: { phase: 'Failed', reason: 'Deleted' },
    says: 'deleted by somebody else',
  },
  {
    title: 'has an agent that was killed, which ended its clients',
    pod: {
      phase: 'Failed',
      containers: { agent: ended(137, { message: 'Waiting for job\n' }), checkout: ended(0), 'container-0': ended(255) },
    },
    ending: { phase: 'Failed', reason: 'AgentLost' },
    says: 'the agent ended with exit code 137 and did not finish the job; see the agent container log, and retry the job in Buildkite. Its last words: Waiting for job',
  },
  {
    title: 'has an agent that could not start',
    pod: { containers: { agent: ended(1, { message: 'fatal: invalid token' }), checkout: running(), 'container-0': running() } },
    ending: { phase: 'Failed', reason: 'AgentLost' },
    says: 'Its last words: fatal: invalid token',
  },
  {
    title: 'has a command that cannot start, for want of a shell',
    pod: {
      phase: 'Failed',
      containers: {
        agent: ended(143),
        checkout: ended(143),
        'container-0': ended(128, { reason: 'StartError', message: 'exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown' }),
      },
    },
    ending: { phase: 'Failed', reason: 'ConfigError' },
    says: 'container container-0 could not start: exit code 128 (StartError): exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown; the job\'s image has no /bin/sh',
  },
  {
    title: 'failed without a word',
    pod: { phase: 'Failed' },
    ending: { phase: 'Failed', reason: 'AgentLost' },
    says: 'before its agent ran',
  },
];

describe('the ending of a pod that', () => {
  it.each(cases)('$title', ({ pod, stop, ending, says }) => {
    const { message, ...found } = podEnding(kubeletPod(pod), stop);
    expect(found).toStrictEqual(ending);
    expect(message).toContain(says);
  });

  it('has no status at all is an ending, too', () => {
    const { status: _status, spec: _spec, ...bare }: Live<Pod> = kubeletPod();
    expect(podEnding(bare, undefined)).toMatchObject({ reason: 'AgentLost' });
  });
});
