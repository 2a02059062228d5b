import { getEventListeners } from 'node:events';
import { isAbort } from '@buildkite-operator/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withDeadline } from './deadline.ts';
import { Quiet } from './quiet.ts';

let outer: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  outer = new AbortController();
});
afterEach(() => {
  vi.useRealTimers();
});

const hang = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
const leftovers = () => [vi.getTimerCount(), getEventListeners(outer.signal, 'abort').length];

describe('withDeadline', () => {
  it('passes on what the action returns or throws, and leaves nothing behind', async () => {
    expect(await withDeadline('x', 10, async () => 7, outer.signal)).toBe(7);
    const failure = new Error('broken');
    await expect(withDeadline('x', 10, () => Promise.reject(failure), outer.signal)).rejects.toBe(failure);
    expect(leftovers()).toEqual([0, 0]);
  });

  it('throws Timeout, with what the action threw as the cause', async () => {
    const waiting = withDeadline('GET /x', 10, hang, outer.signal).catch((thrown: unknown) => thrown);
    await vi.advanceTimersByTimeAsync(10);
    expect(await waiting).toMatchObject({
      code: 'Timeout',
      message: 'GET /x: no answer within 10 ms',
      cause: { name: 'AbortError' },
    });
    expect(leftovers()).toEqual([0, 0]);
  });

  it("throws the signal's reason when that comes first, also before the start", async () => {
    const waiting = withDeadline('x', 10, hang, outer.signal);
    outer.abort();
    await expect(waiting).rejects.toSatisfy(isAbort);
    const action = vi.fn<() => Promise<void>>();
    await expect(withDeadline('x', 10, action, outer.signal)).rejects.toSatisfy(isAbort);
    expect(action).not.toHaveBeenCalled();
    expect(leftovers()).toEqual([0, 0]);
  });
});

describe('Quiet', () => {
  it('aborts after so long without a word, counted from the last one', async () => {
    using quiet = new Quiet(100, outer.signal);
    await vi.advanceTimersByTimeAsync(90);
    quiet.heard();
    await vi.advanceTimersByTimeAsync(90);
    expect([quiet.signal.aborted, quiet.isDead]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(10);
    expect([quiet.signal.aborted, quiet.isDead]).toEqual([true, true]);
  });

  it('aborts with its signal, which is no quiet, and leaves nothing behind', () => {
    {
      using quiet = new Quiet(100, outer.signal);
      outer.abort();
      expect([quiet.signal.aborted, quiet.isDead]).toEqual([true, false]);
    }
    expect(leftovers()).toEqual([0, 0]);
  });
});
