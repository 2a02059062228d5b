import { describe, expect, it } from 'vitest';
import { jobStage, knownJobStates } from './job-state.ts';

describe('the stage of a job', () => {
  it.each([
    ['scheduled', 'claimable'],
    ['reserved', 'claimable'],
    ['assigned', 'agent'],
    ['running', 'agent'],
    ['canceling', 'agent'],
    ['canceled', 'over'],
    ['finished', 'over'],
    ['limited', 'early'],
    ['a_new_state', 'unknown'],
    ['constructor', 'unknown'],
    ['', 'unknown'],
    [undefined, 'unknown'],
  ])('of %j is %s', (state, stage) => {
    expect(jobStage(state)).toBe(stage);
  });

  it('is claimable for exactly two states', () => {
    expect(knownJobStates.filter(state => jobStage(state) === 'claimable')).toEqual(['scheduled', 'reserved']);
    expect(knownJobStates).toHaveLength(26);
  });
});
