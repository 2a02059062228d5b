import { reportEndingFinalizer } from '@buildkite-operator/crds';
import { labelKeys } from '@buildkite-operator/podspec';
import type { ServiceProcess } from '@buildkite-operator/service/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { JobSpawnerBed } from './testing/jobspawner-bed.ts';

const until = <T>(condition: () => Promise<T> | T) => vi.waitFor(condition, { timeout: 60_000, interval: 100 });

let bed: JobSpawnerBed;
let spawner: ServiceProcess;

beforeAll(async () => {
  bed = await JobSpawnerBed.start(['bk-operator', 'further']);
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
});

/** Waits until the first replica has looked at a queue so many times more, with this result. */
async function looksAt(queue: string, result: string, more: number): Promise<void> {
  const looks = async () => {
    const { text } = await spawner.get('/metrics');
    return Number(new RegExp(`polls_total\\{queue="${queue}",result="${result}",[^}]*\\} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  const before = await looks();
  await until(async () => expect(await looks()).toBeGreaterThanOrEqual(before + more));
}

const namesOf = (ids: readonly string[]) => ids.map(id => `bk-${id}`).toSorted();
const storedNames = async () => (await bed.buildJobs()).map(({ metadata }) => metadata.name).toSorted();

describe('a jobspawner between Buildkite and an API server', () => {
  it('is alive but not ready without a configuration, and tells why', async () => {
    spawner = await bed.startJobSpawner();
    await until(async () => expect((await spawner.get('/readyz')).text).toMatch(/config: there is no ConfigMap/));
    expect((await spawner.get('/healthz')).status).toBe(200);
    await bed.configure({ furtherQueues: ['further'], maxJobs: 40, tags: { arch: 'amd64' }, reservationSeconds: 30 });
    await until(async () => expect((await spawner.get('/readyz')).status).toBe(200));
  });

  it('registers a stack for each queue, and makes a BuildJob of each job whose tags it carries', async () => {
    const ours = [
      await bed.createJob(),
      await bed.createJob({ arch: 'amd64' }),
      await bed.createJob({ arch: '*' }),
      await bed.createJob({ queue: 'further' }),
    ];
    const foreign = [await bed.createJob({ arch: 'arm64' }), await bed.createJob({ os: 'windows' })];
    await until(async () => expect(await storedNames()).toEqual(namesOf(ours)));
    const stacks = await bed.simulator.control.stacks();
    expect(stacks.map(({ state }) => state)).toEqual(['connected', 'connected']);
    for (const id of foreign) expect(await bed.simulator.control.job(id)).toMatchObject({ state: 'scheduled' });
    const first = (await bed.buildJobs()).find(({ spec }) => spec.buildkite.jobId === ours[3]);
    expect(first?.metadata).toMatchObject({
      finalizers: [reportEndingFinalizer],
      labels: { [labelKeys.queue]: 'further', [labelKeys.jobId]: ours[3] },
    });
    expect(first?.spec.buildkite).toMatchObject({ queue: 'further', jobId: ours[3] });
  });

  it('finishes what can never run, in words for whoever wrote the pipeline', async () => {
    const id = await bed.createJob({ resource_class: 'huge' });
    expect(await bed.simulator.control.waitForJob(id, 'ended')).toMatchObject({
      endedBy: 'stack',
      exitStatus: -1,
      detail: expect.stringMatching(/agents\.resource_class: .*resource class/) as string,
    });
  });

  it('starts nothing of a paused queue, and goes on when it is resumed', async () => {
    await bed.simulator.control.pauseQueue('further');
    await until(async () => expect((await spawner.get('/metrics')).text).toMatch(/queue_paused\{queue="further",[^}]*\} 1/));
    const id = await bed.createJob({ queue: 'further' });
    await looksAt('further', 'paused', 3);
    expect(await storedNames()).not.toContain(`bk-${id}`);
    await bed.simulator.control.resumeQueue('further');
    await until(async () => expect(await storedNames()).toContain(`bk-${id}`));
  });

  it('registers a stack again that Buildkite has forgotten', async () => {
    const [stack] = await bed.simulator.control.stacks();
    await bed.simulator.control.forgetStack(stack?.key ?? '');
    const id = await bed.createJob();
    const further = await bed.createJob({ queue: 'further' });
    await until(async () => expect(await storedNames()).toEqual(expect.arrayContaining(namesOf([id, further]))));
  });

  it('takes no more than it has places for, the highest priority first, and the next when one ends', async () => {
    const inUse = (await bed.buildJobs()).length;
    await bed.configure({ furtherQueues: ['further'], maxJobs: inUse, tags: { arch: 'amd64' }, reservationSeconds: 30 });
    const low = await bed.createJob();
    const high = await bed.createJob({}, { priority: 10 });
    const [one] = await bed.buildJobs();
    if (one === undefined) throw new Error('there is no BuildJob');
    await looksAt('bk-operator', 'ok', 3);
    expect((await bed.buildJobs()).length).toBe(inUse);
    await bed.finish(one);
    await until(async () => expect(await storedNames()).toContain(`bk-${high}`));
    expect(await storedNames()).not.toContain(`bk-${low}`);
    await bed.configure({ furtherQueues: ['further'], maxJobs: 400, tags: { arch: 'amd64' }, reservationSeconds: 30 });
    await until(async () => expect(await storedNames()).toContain(`bk-${low}`));
  });

  it('does nothing twice and forgets nothing, though one replica after another is killed', async () => {
    const before = new Set(await storedNames());
    const seen = new Set<string>();
    const ids: string[] = [];
    let replica = spawner;
    for (let round = 0; round < 3; round += 1) {
      ids.push(...(await Promise.all(Array.from({ length: 15 }, () => bed.createJob()))));
      // In the middle: some have their BuildJob, and some have not.
      await until(async () => expect((await storedNames()).some(name => !before.has(name) && !seen.has(name))).toBe(true));
      for (const name of await storedNames()) seen.add(name);
      const killed = replica;
      replica = await bed.startJobSpawner(`jobspawner-${round + 2}`);
      await killed.kill();
    }
    await until(async () => expect(await storedNames()).toEqual(expect.arrayContaining(namesOf(ids))));
    for (const id of ids) expect(await bed.simulator.control.job(id)).toMatchObject({ state: 'reserved' });
  });

  it('has broken none of the rules', async () => {
    expect(await bed.simulator.control.referee()).toEqual([]);
  });
});
