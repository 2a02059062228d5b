import { createLogger } from '@buildkite-operator/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lease } from './builtin-resources.ts';
import { withDeadline } from './deadline.ts';
import { KubeError } from './kube-error.ts';
import { LeaderElection, type LeaderElectionOptions } from './leader-election.ts';
import { MemoryApi } from './testing/memory-api.ts';

const logger = createLogger('test', 'silent');
const path = '/apis/coordination.k8s.io/v1/namespaces/ns/leases/service';

const twentyYears = 20 * 365 * 86_400_000;

let api: MemoryApi;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
  api = new MemoryApi();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A process that takes part; its way to the API server can be cut. */
class Candidate {
  readonly stop = new AbortController();
  readonly election: LeaderElection;
  readonly ended: Promise<void>;
  state: 'waiting' | 'leading' | 'told to stop' | 'ended' = 'waiting';
  outcome: unknown = 'running';
  #end = Promise.withResolvers<void>();

  constructor(identity: string, { stubborn = false, ...more }: Partial<LeaderElectionOptions> & { stubborn?: boolean } = {}) {
    this.election = new LeaderElection({ transport: api, namespace: 'ns', name: 'service', identity, logger, ...more });
    this.ended = this.election
      .run(async signal => {
        this.state = 'leading';
        signal.addEventListener('abort', () => {
          this.state = 'told to stop';
          if (!stubborn) this.#end.resolve();
        });
        await this.#end.promise;
        this.state = 'ended';
      }, this.stop.signal)
      .then(
        () => 'returned',
        (thrown: unknown) => thrown,
      )
      .then(outcome => {
        this.outcome = outcome;
        return undefined;
      });
  }

  /** The work comes to its end. */
  finish(failure?: Error): void {
    if (failure === undefined) this.#end.resolve();
    else this.#end.reject(failure);
  }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const spec = () => (api.objects.get(path) as Lease | undefined)?.spec;
const unreachable = () => Promise.reject(new KubeError('Unreachable', 'no way'));

/** From now on this candidate's writes do not arrive. */
function cutOffWrites(identity: string): void {
  api.intercept = async request => {
    const body = request.body as Lease | undefined;
    if (body?.spec?.holderIdentity === identity) throw new KubeError('Unreachable', 'no way');
  };
}

describe('an election', () => {
  it('gives the lease to one of several, and writes who, since when and for how long', async () => {
    const candidates = ['a', 'b', 'c'].map(identity => new Candidate(identity));
    await pass(60_000);
    expect(candidates.map(each => each.state).sort()).toEqual(['leading', 'waiting', 'waiting']);
    const leader = candidates.find(each => each.election.isLeader);
    expect(leader?.state).toBe('leading');
    expect(candidates.map(each => each.election.holder)).toEqual(Array(3).fill(spec()?.holderIdentity));
    expect(spec()).toMatchObject({ leaseDurationSeconds: 15, acquireTime: '2026-01-01T00:00:00.000000Z', leaseTransitions: 0 });
    expect(spec()?.renewTime).toMatch(/^2026-01-01T00:0[01]:\d\d\.000000Z$/);
    for (const each of candidates) each.stop.abort();
    await Promise.all(candidates.map(each => each.ended));
    expect(candidates.map(each => each.outcome)).toEqual(['returned', 'returned', 'returned']);
  });

  it('hands over within one retry when the leader stops gracefully, after its work has ended', async () => {
    const first = new Candidate('first', { stubborn: true });
    await pass(0);
    const second = new Candidate('second');
    await pass(10_000);
    first.stop.abort();
    await pass(60_000);
    expect([first.state, second.state, spec()?.holderIdentity]).toEqual(['told to stop', 'waiting', 'first']);
    first.finish();
    await pass(0);
    expect([first.outcome, spec()?.holderIdentity, spec()?.leaseDurationSeconds]).toEqual(['returned', '', 1]);
    await pass(4400);
    expect([second.state, spec()?.leaseTransitions]).toEqual(['leading', 1]);
    second.stop.abort();
    await second.ended;
  });

  it('lets others take over only after they have seen no renewal for the lease’s duration, whatever the times in it say', async () => {
    const first = new Candidate('first', { clock: { now: () => Date.now() - twentyYears } });
    await pass(0);
    const second = new Candidate('second');
    await pass(60_000);
    expect(second.state).toBe('waiting');
    cutOffWrites('first');
    await pass(8000);
    const [lastRenewal] = [spec()?.renewTime];
    await pass(6000);
    expect([first.state, second.state, spec()?.renewTime]).toEqual(['ended', 'waiting', lastRenewal]);
    await pass(10_000);
    expect([second.state, spec()?.holderIdentity, spec()?.leaseTransitions]).toEqual(['leading', 'second', 1]);
    expect(first.outcome).toMatchObject({ code: 'LeadershipLost' });
    second.stop.abort();
    await second.ended;
  });

  it('never has two leaders, though the first is cut off and does not stop when told', async () => {
    const first = new Candidate('first', { stubborn: true });
    await pass(0);
    const second = new Candidate('second');
    await pass(20_000);
    cutOffWrites('first');
    for (let elapsed = 0; elapsed < 30; elapsed += 1) {
      await pass(1000);
      expect([first.election.isLeader && first.state === 'leading', second.state === 'leading']).not.toEqual([true, true]);
    }
    // It was told, it got the rest of its lease to stop, and the caller hears that it must end the process.
    expect([first.state, second.state]).toEqual(['told to stop', 'leading']);
    expect(first.outcome).toMatchObject({ code: 'LeadershipLost' });
    second.stop.abort();
    first.finish();
    await Promise.all([first.ended, second.ended]);
  });
});

describe('a leader', () => {
  it('survives failures that end before its deadline', async () => {
    const leader = new Candidate('leader');
    await pass(10_000);
    api.intercept = unreachable;
    await pass(6000);
    api.intercept = async () => undefined;
    await pass(60_000);
    expect(leader.state).toBe('leading');
    leader.stop.abort();
    await leader.ended;
    expect(leader.outcome).toBe('returned');
  });

  it('gives up when the API server hangs rather than fails', async () => {
    const leader = new Candidate('leader');
    await pass(10_000);
    api.intercept = (_request, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    // The memory API knows no deadlines: cut its calls as the transport would.
    const request = api.request.bind(api);
    api.request = (call, signal) => withDeadline('call', call.deadlineMs ?? 30_000, limited => request(call, limited), signal);
    await pass(12_000);
    expect(leader.state).toBe('ended');
    expect(leader.outcome).toMatchObject({ code: 'LeadershipLost' });
  });

  it('stops at once when somebody else’s name is in the lease', async () => {
    const leader = new Candidate('leader');
    await pass(10_000);
    const lease = api.objects.get(path) as Lease & { metadata: { resourceVersion: string } };
    await api.request(
      { method: 'PUT', path, body: { ...lease, spec: { ...lease.spec, holderIdentity: 'usurper' } } },
      new AbortController().signal,
    );
    await pass(4000);
    expect(leader.state).toBe('ended');
    expect(leader.outcome).toMatchObject({ code: 'LeadershipLost' });
    expect(spec()?.holderIdentity).toBe('usurper');
  });

  it('goes on when the lease is deleted, by making it again', async () => {
    const leader = new Candidate('leader');
    await pass(10_000);
    api.objects.delete(path);
    await pass(5000);
    expect([leader.state, spec()?.holderIdentity]).toEqual(['leading', 'leader']);
    leader.stop.abort();
    await leader.ended;
  });

  it('goes on when the answer to a renewal is lost after the act', async () => {
    const leader = new Candidate('leader');
    await pass(10_000);
    let lost = 0;
    api.intercept = async request => {
      if (request.method !== 'PUT' || lost > 0) return undefined;
      lost += 1;
      return () => {
        throw new KubeError('Unreachable', 'answer lost');
      };
    };
    await pass(60_000);
    expect([lost, leader.state]).toEqual([1, 'leading']);
    leader.stop.abort();
    await leader.ended;
  });

  it('whose work ends by itself releases the lease; what the work throws is passed on', async () => {
    const done = new Candidate('done');
    await pass(0);
    done.finish();
    await pass(0);
    expect([done.outcome, spec()?.holderIdentity]).toEqual(['returned', '']);
    const failed = new Candidate('failed');
    await pass(10_000);
    const failure = new Error('broken');
    failed.finish(failure);
    await pass(0);
    expect([failed.outcome, spec()?.holderIdentity]).toEqual([failure, '']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('whose lease cannot be released ends all the same', async () => {
    const leader = new Candidate('leader');
    await pass(0);
    api.intercept = unreachable;
    leader.stop.abort();
    await pass(5000);
    expect(leader.outcome).toBe('returned');
  });
});

describe('a candidate', () => {
  it('keeps trying while the API server is away, and ends when told', async () => {
    api.intercept = unreachable;
    const candidate = new Candidate('candidate');
    await pass(120_000);
    expect(candidate.state).toBe('waiting');
    candidate.stop.abort();
    await candidate.ended;
    expect(candidate.outcome).toBe('returned');
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [{ leaseDurationMs: 10_000, renewDeadlineMs: 10_000 }],
    [{ renewDeadlineMs: 2000, retryPeriodMs: 2000 }],
    [{ retryPeriodMs: 0 }],
  ])('refuses times that do not fit: %j', times => {
    expect(() => new LeaderElection({ transport: api, namespace: 'ns', name: 'x', identity: 'y', logger, ...times })).toThrow(
      expect.objectContaining({ code: 'InvalidLeaderElection' }),
    );
  });
});
