import type { Condition } from '@buildkite-operator/crds';
import { sampleJob } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import { type ConditionUpdate, fitting, holdingCondition, updateConditions } from './conditions.ts';
import { at, startMs } from './testing/kubelet-pod.ts';

const earlier = (type: string, status: Condition['status'], reason = 'Before'): Condition => ({
  type,
  status,
  reason,
  message: '',
  lastTransitionTime: at(0),
  observedGeneration: 1,
});
const now = startMs + 60_500;

describe('the conditions of a job', () => {
  it.each<[string, Condition[], ConditionUpdate, Partial<Condition>]>([
    [
      'is new',
      [],
      { type: 'Running', holds: true, reason: 'Started' },
      { status: 'True', reason: 'Started', message: '', lastTransitionTime: at(60) },
    ],
    [
      'changes',
      [earlier('Running', 'False')],
      { type: 'Running', holds: true, reason: 'Started', message: 'x' },
      { status: 'True', message: 'x', lastTransitionTime: at(60) },
    ],
    [
      'stays, with another reason',
      [earlier('Running', 'False')],
      { type: 'Running', holds: false, reason: 'Finished' },
      { status: 'False', reason: 'Finished', lastTransitionTime: at(0) },
    ],
    [
      'stays blocked for the same reason',
      [earlier('Blocked', 'True', 'ImagePull')],
      { type: 'Blocked', holds: true, reason: 'ImagePull', message: 'again' },
      { message: 'again', lastTransitionTime: at(0) },
    ],
    [
      'is blocked for another reason, which has a grace of its own',
      [earlier('Blocked', 'True', 'Unschedulable')],
      { type: 'Blocked', holds: true, reason: 'ImagePull' },
      { reason: 'ImagePull', lastTransitionTime: at(60) },
    ],
  ])('say since when one holds that %s', (_title, before, update, expected) => {
    const job = sampleJob({}, { status: { conditions: before } });
    expect(updateConditions(job, [update], now)).toStrictEqual([
      expect.objectContaining({ type: update.type, observedGeneration: 1, ...expected }),
    ]);
  });

  it('keep those that nothing is said of, in their order', () => {
    const job = sampleJob({}, { status: { conditions: [earlier('PodScheduled', 'True'), earlier('Running', 'False')] } });
    const types = updateConditions(job, [{ type: 'Finished', holds: true, reason: 'x' }], now).map(({ type }) => type);
    expect(types).toStrictEqual(['PodScheduled', 'Running', 'Finished']);
  });

  it('hold only as True', () => {
    const status = { conditions: [earlier('Blocked', 'False'), earlier('Stopping', 'True', 'Cancelled')] };
    expect(holdingCondition(status, 'Blocked')).toBeUndefined();
    expect(holdingCondition(status, 'Stopping')).toMatchObject({ reason: 'Cancelled' });
    expect(holdingCondition(undefined, 'Stopping')).toBeUndefined();
  });

  it.each([
    [32_768, 32_768],
    [32_769, 32_768],
    [1_000_000, 32_768],
  ])('take of a message of %i characters %i', (length, kept) => {
    expect(fitting('x'.repeat(length))).toHaveLength(kept);
    const [condition] = updateConditions(sampleJob(), [{ type: 'Blocked', holds: true, reason: 'x', message: 'x'.repeat(length) }], now);
    expect(condition?.message).toHaveLength(kept);
  });
});
