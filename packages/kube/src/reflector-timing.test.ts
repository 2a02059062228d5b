import { createLogger, sleep } from '@buildkite-operator/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtin, type ConfigMap } from './builtin-resources.ts';
import { KubeError } from './kube-error.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';
import type { Transport } from './transport.ts';

let stop: AbortController;
let run: Promise<void>;

beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await run;
  vi.useRealTimers();
});

function start(options: Pick<ReflectorOptions<ConfigMap>, 'transport' | 'backoff'>): void {
  run = new Reflector({ resource: builtin.configMaps, logger: createLogger('test', 'silent'), ...options }).run(stop.signal);
}

/** A transport whose streams are made by the test, for what takes its time: under a clock that the test owns. */
function streaming(stream: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>): { transport: Transport; calls: number[] } {
  const calls: number[] = [];
  const transport: Transport = {
    request: () => Promise.reject(new KubeError('Forbidden', 'x')),
    stream: (_request, signal) => {
      calls.push(Date.now());
      // A loop without waits would never give the test a turn.
      return calls.length > 1000 ? new Promise(() => undefined) : stream(signal);
    },
    close: async () => undefined,
  };
  return { transport, calls };
}

function bookmark(): Uint8Array {
  const metadata = { resourceVersion: '1', annotations: { 'k8s.io/initial-events-end': 'true' } };
  return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`);
}

/** Says something now and every `everyMs`, `times` times in all, then ends. */
async function* bookmarks(times: number, everyMs: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let said = 0; said < times; said += 1) {
    yield bookmark();
    await sleep(everyMs, signal);
  }
}

describe('a server that hangs up at once', () => {
  it.each([
    ['ends every watch', (signal: AbortSignal) => Promise.resolve(bookmarks(0, 0, signal))],
    ['ends every watch after the initial events', (signal: AbortSignal) => Promise.resolve(bookmarks(1, 0, signal))],
    ['expires every version', () => Promise.reject(new KubeError('Expired', 'x', { status: 410 }))],
    ['refuses everything', () => Promise.reject(new KubeError('Forbidden', 'x', { status: 403 }))],
  ])('because it %s is called a few times a minute for ever, not in a loop', async (_why, stream) => {
    const { transport, calls } = streaming(stream);
    start({ transport, backoff: { initialMs: 200, maxMs: 15_000 } });
    await vi.advanceTimersByTimeAsync(60_000);
    const atFirst = calls.length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(atFirst).toBeLessThan(20);
    expect(calls.length - atFirst).toBeGreaterThanOrEqual(40);
    expect(calls.length - atFirst).toBeLessThanOrEqual(80);
  });
});

describe('over time', () => {
  it('a watch that says something now and then is not taken for dead', async () => {
    const { transport, calls } = streaming(signal => Promise.resolve(bookmarks(20, 60_000, signal)));
    start({ transport });
    await vi.advanceTimersByTimeAsync(19 * 60_000);
    expect(calls).toHaveLength(1);
  });

  it('a watch that has lived for a while makes the failures before it forgotten', async () => {
    let opened = 0;
    const { transport, calls } = streaming(async signal => {
      opened += 1;
      if (opened !== 8) throw new KubeError('Unreachable', 'x');
      return bookmarks(2, 10_000, signal);
    });
    start({ transport, backoff: { initialMs: 200, maxMs: 15_000 } });
    await vi.advanceTimersByTimeAsync(120_000);
    const [openedAt = 0] = calls.slice(7);
    const later = calls.slice(8).map(at => at - openedAt);
    // It ends after 20 s; the next try comes at once and the one after it as soon as after a first failure.
    expect(later[0]).toBe(20_000);
    expect(later[1]).toBeLessThanOrEqual(20_200);
  });
});
