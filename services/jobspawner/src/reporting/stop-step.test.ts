import type { BuildJob } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { jobStage, knownJobStates } from '@buildkite-operator/stacks-api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foreignAgentMs, lookAfterMs, mustStop } from './stop-step.ts';
import { reportedJob } from './testing/reported-job.ts';

type ContainerStatuses = NonNullable<NonNullable<Pod['status']>['containerStatuses']>;
type ContainerState = NonNullable<ContainerStatuses[number]['state']>;

const running: ContainerState = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const pulling: ContainerState = { waiting: { reason: 'ImagePullBackOff' } };
const ended: ContainerState = { terminated: { exitCode: 0 } };

function podWith(...states: ContainerState[]): Pod {
  const containerStatuses = states.map((state, index) => ({
    name: `c${index}`,
    state,
    image: '',
    imageID: '',
    ready: false,
    restartCount: 0,
  }));
  return { metadata: { name: 'bk' }, spec: { nodeName: 'node-1', containers: [] }, status: { containerStatuses } };
}
const withoutNode: Pod = { metadata: { name: 'bk' }, spec: { containers: [] }, status: {} };
const waiting = reportedJob({ phase: 'Initializing' });
const long = foreignAgentMs;

describe('whether a BuildJob is stopped whose agent has not started', () => {
  it.each<[string, string, Pod | undefined, number, boolean]>([
    ['cancelled before it had a pod', 'canceled', undefined, 0, true],
    ['cancelled while it waits for a node', 'canceled', withoutNode, 0, true],
    ['cancelled while an image is pulled', 'canceled', podWith(running, running, pulling), 0, true],
    ['expired while init containers run', 'expired', podWith(), 0, true],
    ['cancelled when its agent may just have asked for it', 'canceled', podWith(running, running, running), 0, false],
    ['finished by its own agent, which the status does not tell yet', 'finished', podWith(ended, ended, ended), long, false],
    ['finished by somebody else', 'finished', podWith(running, running, pulling), 1500, true],
    ['finished a moment ago', 'finished', podWith(running, running, pulling), 0, false],
    ['run elsewhere while it waits for a node', 'running', withoutNode, 10_000, true],
    ['run by somebody, perhaps by its own agent', 'running', withoutNode, 0, false],
    ['run elsewhere while an image is pulled', 'running', podWith(running, running, pulling), long, true],
    ['run by an agent that its pod may not tell of yet', 'running', podWith(running, running, pulling), long - 1, false],
    ['run by its own agent', 'running', podWith(running, running, running), long, false],
    ['reserved', 'reserved', undefined, long, false],
    ['back among the scheduled ones: its agent may yet have it', 'scheduled', undefined, long, false],
    ['in a state that nobody here knows', 'hibernating', undefined, long, false],
  ])('%s', (_, state, pod, seenMs, stops) => {
    expect(mustStop({ job: waiting, pod, state, seenMs })).toBe(stops);
  });

  it.each<[string, BuildJob]>([
    ['made by hand', reportedJob({ phase: 'Pending' }, { finalizers: [] })],
    ['running', reportedJob({ phase: 'Running', runningTime: '2026-01-01T00:00:00Z' })],
    ['ended', reportedJob({ phase: 'Failed' })],
    ['deleted', reportedJob({}, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
    ['stopped already', { ...waiting, spec: { ...waiting.spec, cancelled: true } }],
  ])('never one that is %s', (_, job) => {
    expect(mustStop({ job, pod: undefined, state: 'canceled', seenMs: long })).toBe(false);
  });

  it('never one whose pod may have acquired the job, nor one that Buildkite still wants, whatever the state', () => {
    const state = fc.oneof(fc.constantFrom(...knownJobStates), fc.string());
    const started = fc.array(fc.constantFrom(running, ended), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(state, started, fc.nat(), (state, states, seenMs) => {
        expect(mustStop({ job: waiting, pod: podWith(...states), state, seenMs })).toBe(false);
        const wanted = !['over', 'agent'].includes(jobStage(state));
        expect(wanted && mustStop({ job: waiting, pod: undefined, state, seenMs })).toBe(false);
      }),
    );
  });

  it('looks at a job that Buildkite did not name no more than at one that it still wants', () => {
    expect([undefined, 'scheduled', 'waiting', 'hibernating'].map(lookAfterMs)).toStrictEqual([undefined, undefined, undefined, undefined]);
  });
});
