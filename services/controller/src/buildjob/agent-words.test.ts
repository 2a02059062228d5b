import { describe, expect, it } from 'vitest';
import { stopSeenByAgent } from './agent-words.ts';

// The lines are those of buildkite-agent v3.136.2.
const line = (why: string) =>
  `2026-01-01 00:00:10 INFO   bk-0197a1b2 Canceling job 0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b with a signal grace period of 50s (${why})`;

describe('what the end of the agent log says of the stop', () => {
  it.each([
    ['cancelled', line('job cancelled on Buildkite')],
    ['timed-out', line('job timed out on Buildkite')],
    ['cancelled', `Registering agent\n${line('job cancelled on Buildkite')}\nFinished job 0197a1b2\nDisconnecting...`],
    [undefined, line('agent is stopping')],
    [undefined, 'job cancelled on Buildkite'],
    [undefined, ''],
    [undefined, undefined],
  ])('is %s for %j', (stop, message) => {
    expect(stopSeenByAgent(message)).toBe(stop);
  });
});
