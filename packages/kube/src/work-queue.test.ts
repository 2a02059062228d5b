import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WorkQueue } from './work-queue.ts';

/** A worker whose tasks end when the test says so. */
class Bench {
  readonly started: string[] = [];
  readonly #running = new Map<string, () => void>();
  readonly overlaps: string[] = [];

  readonly work = async (key: string): Promise<void> => {
    if (this.#running.has(key)) this.overlaps.push(key);
    this.started.push(key);
    const ended = Promise.withResolvers<void>();
    this.#running.set(key, ended.resolve);
    await ended.promise;
  };

  get running(): string[] {
    return [...this.#running.keys()];
  }

  async finish(key: string): Promise<void> {
    const end = this.#running.get(key);
    this.#running.delete(key);
    end?.();
    await settle();
  }
}

/** Lets everything run that can run without the clock. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

let stop: AbortController;
let bench: Bench;
let queue: WorkQueue;

beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
  bench = new Bench();
  queue = new WorkQueue({ backoff: { initialMs: 1000, maxMs: 8000 }, clock: { now: () => performance.now() } });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('keys', () => {
  it('are handed out in the order in which they became due, each once however often it was added', async () => {
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.depth).toBe(3);
    void queue.run(3, bench.work, stop.signal);
    await settle();
    expect(bench.started).toEqual(['a', 'b', 'c']);
  });

  it('added while they are worked on come again afterwards, once, and never at the same time', async () => {
    queue.add('a');
    void queue.run(3, bench.work, stop.signal);
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    expect([bench.started, queue.depth]).toEqual([['a'], 1]);
    await bench.finish('a');
    expect([bench.started, queue.depth]).toEqual([['a', 'a'], 0]);
    await bench.finish('a');
    expect(bench.started).toHaveLength(2);
  });

  it('are worked on by as many workers as asked for', async () => {
    for (const key of ['a', 'b', 'c']) queue.add(key);
    void queue.run(2, bench.work, stop.signal);
    await settle();
    expect(bench.running).toEqual(['a', 'b']);
    await bench.finish('b');
    expect(bench.running).toEqual(['a', 'c']);
    expect(queue.active).toBe(2);
  });

  it('tell how long the oldest has waited', async () => {
    expect(queue.oldestWaitMs).toBe(0);
    queue.add('a');
    await vi.advanceTimersByTimeAsync(500);
    queue.add('b');
    await vi.advanceTimersByTimeAsync(250);
    expect(queue.oldestWaitMs).toBe(750);
  });
});

describe('delayed keys', () => {
  it('come at their time', async () => {
    void queue.run(2, bench.work, stop.signal);
    await settle();
    queue.addAfter('a', 1000);
    await vi.advanceTimersByTimeAsync(999);
    expect([bench.started, queue.delayed]).toEqual([[], 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect([bench.started, queue.delayed]).toEqual([['a'], 0]);
  });

  it('come at the earliest of several times, once', async () => {
    void queue.run(2, bench.work, stop.signal);
    await settle();
    queue.addAfter('a', 1000);
    queue.addAfter('a', 200);
    queue.addAfter('a', 5000);
    await vi.advanceTimersByTimeAsync(200);
    expect(bench.started).toEqual(['a']);
    await bench.finish('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(bench.started).toEqual(['a']);
  });

  it('come at once when something else makes them due', async () => {
    void queue.run(2, bench.work, stop.signal);
    await settle();
    queue.addAfter('a', 1000);
    queue.add('a');
    await settle();
    expect([bench.started, queue.delayed]).toEqual([['a'], 0]);
  });

  it.each([0, -5, Number.NaN])('with a delay of %d come at once', async ms => {
    queue.addAfter('a', ms);
    expect(queue.depth).toBe(1);
  });

  it('with a delay longer than timers can be do not come at once', async () => {
    queue.addAfter('a', 2 ** 40);
    await vi.advanceTimersByTimeAsync(1000);
    expect([queue.depth, queue.delayed]).toEqual([0, 1]);
  });
});

describe('failed keys', () => {
  it('wait longer each time, up to the limit, and no longer once forgotten', () => {
    const waits = Array.from({ length: 6 }, () => queue.addRateLimited('a'));
    for (const [index, ms] of waits.entries()) {
      const ceiling = Math.min(1000 * 2 ** index, 8000);
      expect(ms).toBeGreaterThanOrEqual(ceiling / 2);
      expect(ms).toBeLessThanOrEqual(ceiling);
    }
    expect(queue.failures('a')).toBe(6);
    expect(queue.failures('b')).toBe(0);
    queue.forget('a');
    expect(queue.failures('a')).toBe(0);
  });

  it('wait at least as long as the server asks', () => {
    expect(queue.addRateLimited('a', 60_000)).toBe(60_000);
  });
});

describe('the end', () => {
  it('waits for the work under way, takes no new key and leaves nothing behind', async () => {
    const run = queue.run(1, bench.work, stop.signal);
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 1000);
    queue.addRateLimited('d');
    await settle();
    queue.add('a');
    stop.abort();
    await settle();
    queue.add('e');
    expect(bench.started).toEqual(['a']);
    await bench.finish('a');
    await run;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(bench.started).toEqual(['a']);
    expect(vi.getTimerCount()).toBe(0);
    expect([queue.depth, queue.delayed, queue.active, queue.failures('d')]).toEqual([0, 0, 0, 0]);
  });

  it('comes at once when the signal is aborted already', async () => {
    queue.add('a');
    stop.abort();
    await queue.run(2, bench.work, stop.signal);
    expect(bench.started).toEqual([]);
  });

  it('comes with what the work throws, which is a bug of the caller', async () => {
    queue.add('a');
    const broken = new Error('broken');
    const run = queue.run(2, () => Promise.reject(broken), stop.signal);
    await expect(run).rejects.toBe(broken);
  });
});

it('whatever happens, no key is lost, none is worked on twice at once, and nothing is remembered', async () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key }),
    fc.record({ do: fc.constant('after' as const), key, ms: fc.nat(3000) }),
    fc.record({ do: fc.constant('fail' as const), key }),
    fc.record({ do: fc.constant('finish' as const), key }),
    fc.record({ do: fc.constant('wait' as const), key, ms: fc.nat(2000) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), async (steps, concurrency) => {
      const queue = new WorkQueue({ clock: { now: () => performance.now() } });
      const bench = new Bench();
      const stop = new AbortController();
      const run = queue.run(concurrency, bench.work, stop.signal);
      /** The keys asked for since they were last begun. */
      const owed = new Set<string>();
      const note = () => {
        for (const begun of bench.started.splice(0)) owed.delete(begun);
      };
      const apply = async (action: (typeof steps)[number]) => {
        if (action.do === 'wait') return vi.advanceTimersByTimeAsync(action.ms);
        if (action.do === 'finish') return bench.finish(action.key);
        await settle();
        note();
        owed.add(action.key);
        if (action.do === 'add') queue.add(action.key);
        else if (action.do === 'after') queue.addAfter(action.key, action.ms);
        else queue.addRateLimited(action.key);
        return settle();
      };
      for (const action of steps) {
        await apply(action);
        note();
      }
      for (let round = 0; round < 10; round += 1) {
        await vi.advanceTimersByTimeAsync(60_000);
        note();
        for (const running of bench.running) await bench.finish(running);
        note();
      }
      expect([...owed]).toEqual([]);
      expect(bench.overlaps).toEqual([]);
      expect([queue.depth, queue.delayed, queue.active]).toEqual([0, 0, 0]);
      stop.abort();
      await run;
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 60 },
  );
});
