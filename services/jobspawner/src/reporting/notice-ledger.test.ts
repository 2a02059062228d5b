import { describe, expect, it } from 'vitest';
import { NoticeLedger } from './notice-ledger.ts';

const topic = 'waiting';

describe('what a job has been told', () => {
  it.each([
    {
      what: 'the kubelet between two pulls and while it waits',
      first: 'Waiting for an image: container a (image b): ErrImagePull: not found',
      second: 'Waiting for an image: container a (image b): ImagePullBackOff: Back-off pulling image "b": ErrImagePull: not found',
    },
    { what: 'other counts', first: 'no place free: 2 of 2', second: 'no place free: 3 of 3' },
    { what: 'other advice', first: 'no node; ask for less', second: 'no node; ask the platform' },
  ])('is not said once more for $what', ({ first, second }) => {
    const ledger = new NoticeLedger();
    expect(ledger.admit('job', { topic, text: first })).toBe(true);
    expect(ledger.admit('job', { topic, text: second })).toBe(false);
  });

  it('is said anew when the cause is another', () => {
    const ledger = new NoticeLedger();
    expect(ledger.admit('job', { topic, text: 'ErrImagePull: not found' })).toBe(true);
    expect(ledger.admit('job', { topic, text: 'ErrImagePull: unauthorized' })).toBe(true);
  });
});
