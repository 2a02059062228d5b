import { held, release, useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { mostAtOnce } from './most-at-once.ts';
import { jobMs } from './patience.ts';
import { ranOnce } from './ran-once.ts';
import { useQueue } from './use-queue.ts';

const testbed = useTestbed();
const scarce = useQueue(testbed, 'fair');
const queue = useQueue(testbed, 'pipelines');

describe('given two places and a pipeline with many jobs before them', () => {
  it('when another pipeline comes with two jobs, then it gets the next place that becomes free', async () => {
    const { simulator } = testbed.session;
    const many = await scarce.jobs(12, 'sleep 1', {}, { pipeline: { slug: 'many' } });
    await simulator.waitForJob(many[0]?.id ?? '', 'running', jobMs);
    const few = await scarce.jobs(2, 'true', {}, { pipeline: { slug: 'few' } });
    const ended = await Promise.all(few.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    const [first = Infinity] = ended.map(({ timeline }) => timeline.reservedAt ?? Infinity).sort((one, other) => one - other);
    const created = few[0]?.timeline.createdAt ?? 0;
    const others = (await simulator.build(many[0]?.buildId ?? '')).jobs.map(({ timeline }) => timeline.reservedAt ?? Infinity);
    // One may have been on its way when the other pipeline came, and one may get the second place.
    expect(others.filter(at => at > created && at < first).length).toBeLessThanOrEqual(2);
    await Promise.all(many.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    expect(await ranOnce(testbed.session, [...many, ...few])).toEqual([]);
  });
});

describe('given pipelines that may have one job at a time', () => {
  it('when one of them has several, then they run one after the other, and those of others beside them', async () => {
    const { session } = testbed;
    const { simulator } = session;
    const holder = await queue.job(held, {}, { pipeline: { slug: 'single-file' } });
    await simulator.waitForJob(holder.id, 'running', jobMs);
    const limited = await queue.jobs(3, 'true', {}, { pipeline: { slug: 'single-file' } });
    const beside = await queue.jobs(3, 'true', {}, { pipeline: { slug: 'single-other' } });
    const free = await queue.jobs(3, 'true', {}, { pipeline: { slug: 'free' } });
    const ended = await Promise.all([...beside, ...free].map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    expect(mostAtOnce(ended.filter(({ pipelineSlug }) => pipelineSlug === 'single-other'))).toBe(1);
    expect(limited.flatMap(({ id }) => session.watch.ofJob(id))).toEqual([]);
    await release(session, holder);
    const last = await Promise.all(limited.map(({ id }) => simulator.waitForJob(id, 'ended', jobMs)));
    expect(mostAtOnce(last)).toBe(1);
    expect(await ranOnce(session, [holder, ...limited, ...beside, ...free])).toEqual([]);
  });
});
