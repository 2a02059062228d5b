import { describe, expect, it } from 'vitest';
import type { FaultRequest } from './domain/faults.ts';
import { takeBreaches } from './testing/referee-check.ts';
import { useRealAgent } from './testing/use-real-agent.ts';

describe('faults that the real agent has to ride out', () => {
  const real = useRealAgent();

  const acquire = { method: 'PUT', route: 'jobs/*/acquire' };
  const start = { method: 'PUT', route: 'jobs/:id/start' };
  const chunks = { method: 'POST', route: 'jobs/*/chunks' };
  const finish = { method: 'PUT', route: 'jobs/*/finish' };

  const faults: readonly (readonly [string, FaultRequest])[] = [
    ['connect answered 500', { match: { route: 'connect' }, action: { type: 'status', status: 500 }, times: 1 }],
    [
      'acquire answered 503 with Retry-After',
      { match: acquire, action: { type: 'status', status: 503, headers: { 'Retry-After': '1' } }, times: 2 },
    ],
    ['the answer to acquire lost', { match: acquire, action: { type: 'lost-answer' }, times: 1 }],
    ['the answer to start lost', { match: start, action: { type: 'lost-answer' }, times: 1 }],
    ['the connection cut at start', { match: start, action: { type: 'drop' }, times: 1 }],
    ['chunks answered 500', { match: chunks, action: { type: 'status', status: 500 }, times: 2 }],
    ['the answer to a chunk lost', { match: chunks, action: { type: 'lost-answer' }, times: 1 }],
    ['chunks slow', { match: chunks, action: { type: 'delay', ms: 1500 }, times: 2 }],
    ['finish answered 502', { match: finish, action: { type: 'status', status: 502 }, times: 1 }],
    ['the answer to finish lost', { match: finish, action: { type: 'lost-answer' }, times: 1 }],
    ['disconnect cut', { match: { route: 'disconnect' }, action: { type: 'drop' }, times: 1 }],
  ];

  it.each(faults)('%s', async (_name, fault) => {
    const job = await real.simulator.control.createJob("seq 1 20000 | sed 's/^/line /'", { repository: real.yard.repository });
    const { id } = await real.simulator.control.addFault(fault);

    await real.yard.run(real.simulator, job.id, { BUILDKITE_NO_PTY: 'true' });

    expect(await real.simulator.control.job(job.id)).toMatchObject({ state: 'finished', passed: true, exitStatus: 0 });
    const log = (await real.simulator.control.jobLog(job.id, { strip: true })).toString();
    const expected = Array.from({ length: 20_000 }, (_, index) => `line ${index + 1}\n`).join('');
    expect(log.includes(expected)).toBe(true);
    expect((await real.simulator.control.faults()).find(each => each.id === id)?.hit).toBe(fault.times);
  });

  it('a chunk that the server refuses for good leaves a gap, which the referee notes', async () => {
    const job = await real.simulator.control.createJob('seq 1 100000', { repository: real.yard.repository });
    await real.simulator.control.addFault({ match: chunks, action: { type: 'status', status: 400 }, skip: 1, times: 1 });

    await real.yard.run(real.simulator, job.id, { BUILDKITE_NO_PTY: 'true' });

    expect(await takeBreaches(real.simulator.control)).toEqual(['log-gap']);
    const { log } = await real.simulator.control.job(job.id);
    expect(log.chunksFailedCount).toBe(1);
    expect(log.contiguousSize).toBeLessThan(log.size);
  });
});
