import { describe, expect, it } from 'vitest';
import { AdmissionLoad } from '../testing/admission-load.ts';
import type { Replica } from '../testing/replica.ts';
import { useWebhooksBed } from '../testing/use-webhooks-bed.ts';
import { until } from '../testing/webhooks-bed.ts';

describe('a replica that is told to end', () => {
  const used = useWebhooksBed();

  const start = async (settings = {}) => {
    const replica = await used.bed.replica(settings);
    await replica.ready();
    return replica;
  };
  const serve = (...replicas: readonly Replica[]) => {
    used.proxy.endpoints = replicas.map(({ port }) => port);
  };

  it('drops no admission while it drains, under load, one after another in a roll-out', async () => {
    let old = await start({ DRAIN_SECONDS: '2' });
    serve(old);
    const load = new AdmissionLoad(used.bed);
    for (let round = 0; round < 3; round += 1) {
      const fresh = await start({ DRAIN_SECONDS: '2' });
      serve(old, fresh);
      const before = load.admitted;
      await until('both to have served', async () => load.admitted > before + 20);
      const ended = old.terminate();
      await until('it to say that it is not ready', async () => (await old.probe('readyz'))?.status === 503);
      // What a Service does once the endpoint is not ready.
      serve(fresh);
      expect((await ended).exitCode).toBe(0);
      old = fresh;
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.admitted).toBeGreaterThan(60);
  });

  it('still serves new connections while it drains, for endpoints are not taken away at once', async () => {
    const only = await start({ DRAIN_SECONDS: '4' });
    serve(only);
    const ended = only.terminate();
    await until('it to say that it is not ready', async () => (await only.probe('readyz'))?.status === 503);
    const load = new AdmissionLoad(used.bed, 2);
    await until('some admissions', async () => load.admitted + load.failures.length > 5);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect((await ended).exitCode).toBe(0);
  });
});
