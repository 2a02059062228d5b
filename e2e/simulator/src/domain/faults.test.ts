import { describe, expect, it } from 'vitest';
import { FaultList, type FaultRequest, faultSchema, routeMatches, type SingleFaultAction } from './faults.ts';

const drop = { type: 'drop' } as const;
const finish = { method: 'PUT', path: 'jobs/1/finish' };

function listOf(...requests: readonly FaultRequest[]): FaultList {
  const list = new FaultList();
  for (const request of requests) list.add(faultSchema.parse(request));
  return list;
}

describe('faults', () => {
  it.each([
    ['jobs/*/chunks', 'jobs/1/chunks', true],
    ['jobs/:id/chunks', 'jobs/1/chunks', true],
    ['/jobs/*/chunks/', 'jobs/1/chunks', true],
    ['jobs/*', 'jobs/1/chunks', false],
    ['jobs/**', 'jobs/1/chunks', true],
    ['**/chunks', 'jobs/1/chunks', true],
    ['**', '', true],
    ['jobs/**/finish', 'jobs/finish', true],
    ['register', 'register', true],
    ['register', 'ping', false],
  ])('the pattern %j fits %j: %s', (pattern, path, fits) => {
    expect(routeMatches(pattern, path)).toBe(fits);
  });

  it('hit only calls of their method, route and job', () => {
    const list = listOf({ match: { method: 'put', route: 'jobs/*/finish', jobId: '1' }, action: drop });

    expect(list.take(finish)?.action).toEqual(drop);
    expect(list.take({ ...finish, method: 'GET' })).toBeUndefined();
    expect(list.take({ ...finish, path: 'jobs/2/finish' })).toBeUndefined();
    expect(list.take({ ...finish, path: 'jobs/1/start' })).toBeUndefined();
    expect(list.faults).toMatchObject([{ hit: 1, matched: 1 }]);
  });

  it('let the first calls pass, then hit a number of times; then the next fault has its turn', () => {
    const list = listOf({ action: drop, skip: 2, times: 2 }, { action: { type: 'delay', ms: 1 }, skip: 1 });

    expect(Array.from({ length: 6 }, () => list.take(finish)?.action.type)).toEqual([undefined, 'delay', 'drop', 'drop', 'delay', 'delay']);
  });

  it('hit by chance the same calls for the same seed, about as often as the chance says', () => {
    const run = (seed: number) => {
      const list = listOf({ action: drop, probability: 0.3, seed });
      return Array.from({ length: 2000 }, () => list.take(finish) !== undefined);
    };

    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
    const share = run(7).filter(Boolean).length / 2000;
    expect(share).toBeGreaterThan(0.26);
    expect(share).toBeLessThan(0.34);
  });

  it('of several actions hit with one of them at a time, the same ones for the same seed, each as often as it is named', () => {
    const status = (code: number) => ({ type: 'status' as const, status: code });
    const actions = [status(500), status(503), drop, drop];
    const run = (seed: number) => {
      const list = listOf({ action: { type: 'any-of', actions }, seed });
      return Array.from({ length: 2000 }, () => list.take(finish)?.action);
    };
    const share = (fits: (action: SingleFaultAction | undefined) => boolean) => run(7).filter(fits).length / 2000;

    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
    expect(share(action => action?.type === 'drop')).toBeCloseTo(0.5, 1);
    expect(share(action => action?.type === 'status' && action.status === 503)).toBeCloseTo(0.25, 1);
  });

  it('can be taken away one by one or all at once', () => {
    const list = listOf({ action: drop }, { action: drop });
    const [first] = list.faults;

    expect(list.remove(first?.id ?? '')).toBe(true);
    expect(list.remove(first?.id ?? '')).toBe(false);
    list.clear();

    expect(list.take(finish)).toBeUndefined();
  });
});
