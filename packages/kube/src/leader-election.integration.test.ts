import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { builtin, type Lease } from './builtin-resources.ts';
import { LeaderElection } from './leader-election.ts';
import { ResourceClient } from './resource-client.ts';
import { logger, never, RealCluster } from './testing/real-cluster.ts';

const times = { leaseDurationMs: 4000, renewDeadlineMs: 3000, retryPeriodMs: 500 };

let cluster: RealCluster;
let leases: ResourceClient<Lease>;
let namespace: string;

beforeAll(async () => {
  cluster = await RealCluster.start();
  leases = new ResourceClient(cluster.transport, builtin.leases);
});
beforeEach(async () => {
  namespace = await cluster.namespace();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const until = (condition: () => Promise<void> | void) => vi.waitFor(condition, { timeout: 30_000, interval: 50 });
const lease = async () => (await leases.get({ namespace, name: 'service' }, {}, never)).spec;

/** A candidate here; notes when it began and ended to lead. */
function candidate(identity: string, signal: AbortSignal, log: string[]): Promise<string> {
  const election = new LeaderElection({ transport: cluster.connect(), namespace, name: 'service', identity, logger, ...times });
  return election
    .run(async leading => {
      log.push(`${identity} leads`);
      await new Promise(resolve => {
        leading.addEventListener('abort', resolve);
      });
      log.push(`${identity} ends`);
    }, signal)
    .then(
      () => 'returned',
      (thrown: unknown) => String(Reflect.get(Object(thrown), 'code')),
    );
}

it('another takes over from a leader that was killed, and not before its lease is over', async () => {
  const script = fileURLToPath(new URL('testing/elector-process.ts', import.meta.url));
  const elector: ChildProcess = spawn(process.execPath, [script, cluster.server.kubeconfigPath, namespace, 'killed'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = new AbortController();
  try {
    await once(elector.stdout ?? elector, 'data');
    const log: string[] = [];
    const ended = candidate('heir', stop.signal, log);
    await until(async () => expect((await lease())?.holderIdentity).toBe('killed'));
    elector.kill('SIGKILL');
    await once(elector, 'exit');
    const lastRenewal = Date.parse((await lease())?.renewTime ?? '');
    await until(() => expect(log).toEqual(['heir leads']));
    const taken = await lease();
    expect(taken).toMatchObject({ holderIdentity: 'heir', leaseTransitions: 1 });
    expect(Date.parse(taken?.acquireTime ?? '') - lastRenewal).toBeGreaterThanOrEqual(times.leaseDurationMs);
    stop.abort();
    expect(await ended).toBe('returned');
    expect((await lease())?.holderIdentity).toBe('');
  } finally {
    stop.abort();
    elector.kill('SIGKILL');
  }
});

it('of several, one leads at a time, and each hands over when it stops', async () => {
  const log: string[] = [];
  const stops = new Map(['a', 'b', 'c'].map(identity => [identity, new AbortController()] as const));
  const ended = [...stops].map(([identity, stop]) => candidate(identity, stop.signal, log));
  for (let turn = 1; turn <= 3; turn += 1) {
    await until(() => expect(log).toHaveLength(2 * turn - 1));
    const leader = (await lease())?.holderIdentity ?? '';
    expect(log.at(-1)).toBe(`${leader} leads`);
    stops.get(leader)?.abort();
  }
  expect(await Promise.all(ended)).toEqual(['returned', 'returned', 'returned']);
  for (let turn = 0; turn < 3; turn += 1) expect(log[2 * turn + 1]).toBe(log[2 * turn]?.replace('leads', 'ends'));
});

it('a leader without API server gives up by itself; afterwards another may lead', async () => {
  const stop = new AbortController();
  const log: string[] = [];
  const first = candidate('first', stop.signal, log);
  await until(() => expect(log).toEqual(['first leads']));
  await cluster.server.kill();
  expect(await first).toBe('LeadershipLost');
  expect(log).toEqual(['first leads', 'first ends']);
  await cluster.server.start();
  const second = candidate('second', stop.signal, log);
  await until(() => expect(log.at(-1)).toBe('second leads'));
  stop.abort();
  expect(await second).toBe('returned');
});
