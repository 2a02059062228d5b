import { describe, expect, it } from 'vitest';
import { judgeStuckClient } from './stuck-client.ts';
import { ended, kubeletPod, type PodFacts, running, startMs } from './testing/kubelet-pod.ts';

const judged = (containers: PodFacts['containers'], second: number, job: PodFacts['job'] = {}) =>
  judgeStuckClient(kubeletPod({ job, ...(containers !== undefined && { containers }) }), 30, startMs + second * 1000);
const beside = { agent: running(), checkout: running() };
const atOnce = { startedAt: 5, finishedAt: 5 };

describe('a client that ended while the agent still runs', () => {
  it.each([
    ['for want of a shell', ended(127, atOnce), 'ConfigError', "the job's image has no /bin/sh"],
    ['with a shell that it must not run', ended(126, atOnce), 'ConfigError', "the job's image has no /bin/sh"],
    ['at once', ended(1, atOnce), 'ConfigError', 'container container-0 could not start: it ended with exit code 1 at once'],
    ['for its memory', ended(137, { ...atOnce, reason: 'OOMKilled' }), 'OOMKilled', 'raise resources.limits.memory'],
    ['before its turn came', ended(143, { startedAt: 2, finishedAt: 5 }), 'ConfigError', 'exit code 143'],
  ])('%s stops the job after a grace', (_title, state, reason, says) => {
    expect(judged({ ...beside, 'container-0': state }, 34)).toStrictEqual({ waitMs: 1000 });
    expect(judged({ ...beside, 'container-0': state }, 35).stop).toMatchObject({
      phase: 'Failed',
      reason,
      message: expect.stringContaining(says),
    });
  });

  it('may be a further command before its turn', () => {
    const job = { commandContainers: [{ name: 'lint' }] };
    const containers = { agent: running(), checkout: ended(0), 'container-0': running(), lint: ended(1) };
    expect(judged(containers, 45, job).stop).toMatchObject({ message: expect.stringContaining('container lint could not start') });
  });

  it('may be the checkout', () => {
    const { stop } = judged({ agent: running(), checkout: ended(1, atOnce), 'container-0': running() }, 35);
    expect(stop).toMatchObject({ reason: 'ConfigError', message: expect.stringContaining('container checkout') });
  });

  it.each<[string, PodFacts['containers'], PodFacts['job']?]>([
    ['all run', { ...beside, 'container-0': running() }],
    ['it ended well', { ...beside, checkout: ended(0, atOnce), 'container-0': running() }],
    ['it has run for a while, in its turn', { ...beside, checkout: ended(0), 'container-0': ended(127, { startedAt: 3, finishedAt: 5 }) }],
    ['the agent has ended', { agent: ended(127), checkout: running(), 'container-0': ended(127, atOnce) }],
    ['nothing is known', undefined],
  ])('stops nothing where %s', (_title, containers, job) => {
    expect(judged(containers, 999, job)).toStrictEqual({});
  });
});
