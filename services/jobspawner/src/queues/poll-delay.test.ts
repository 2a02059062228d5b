import { describe, expect, it } from 'vitest';
import { pollDelayMs, type QueueSight } from './poll-delay.ts';

const config = { pollSeconds: 0.5, idlePollSeconds: 2 };
const busy: QueueSight = { isPaused: false, isBusy: true, hasPlace: true, tookMs: 20 };

describe('a queue is looked at again', () => {
  it.each<[string, Partial<QueueSight>, number]>([
    ['soon while jobs come', {}, 500],
    ['later when none has come for a while', { isBusy: false }, 2000],
    ['later while it is paused', { isPaused: true }, 2000],
    ['later while there is no place', { hasPlace: false }, 2000],
    ['half of the time at most where reading it takes long', { tookMs: 3000 }, 3000],
  ])('%s', (_when, sight, ms) => {
    expect(pollDelayMs({ ...busy, ...sight }, config)).toBe(ms);
  });
});
