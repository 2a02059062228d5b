import { expect, it } from 'vitest';
import { stormProgress } from './storm-progress.ts';

it('the progress of a storm counts jobs by their state, kills and bad answers', () => {
  const jobs = (['finished', 'canceled', 'running', 'scheduled', 'scheduled'] as const).map(state => ({ state }));
  const blows = { jobspawner: 1, controller: 2, webhooks: 3, 'api-server': 0 };
  const faults = [
    { matched: 10, hit: 2 },
    { matched: 5, hit: 1 },
  ];
  expect(stormProgress({ elapsedMs: 12_000, jobs, blows, faults })).toBe(
    '  … 12 s: 2 of 5 jobs over, 1 running, 2 scheduled, 6 kills, 3 of 15 answers bad',
  );
});
