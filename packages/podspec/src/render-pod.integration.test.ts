import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderPod } from './render-pod.ts';
import { byName, renderCases } from './testing/index.ts';
import { JobTestServer } from './testing/job-test-server.ts';

let server: JobTestServer;

beforeAll(async () => {
  server = await JobTestServer.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** How many random jobs there are; BUILDKITE_OPERATOR_RUNS asks for more. */
const runs = Number(process.env['BUILDKITE_OPERATOR_RUNS'] ?? 200);
const inFlight = 16;
const dryRun = { dryRun: true } as const;

describe('for any valid BuildJob and its environments', () => {
  it('a real API server takes the objects and the pod that is rendered from them', async () => {
    const { seed } = fc.readConfigureGlobal();
    const cases = fc.sample(renderCases, { numRuns: runs, ...(seed !== undefined && { seed }) });
    const refused: unknown[] = [];
    const signal = AbortSignal.timeout(100_000);
    const take = async (what: string, object: unknown, send: () => Promise<unknown>) => {
      try {
        await send();
      } catch (error) {
        refused.push({ what, error: String(error), object });
      }
    };
    const queue = cases.values();
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        for (const { job, environments, defaults } of queue) {
          const { uid: _uid, resourceVersion: _version, ...metadata } = job.metadata;
          await take('BuildJob', job, () => server.jobs.create({ ...job, metadata }, dryRun, signal));
          for (const environment of environments)
            await take('BuildEnvironment', environment, () => server.environments.create(environment, dryRun, signal));
          await take('Pod', job, async () => server.pods.create(renderPod(job, byName(environments), defaults), dryRun, signal));
        }
      }),
    );
    expect(refused, `seed ${seed}`).toStrictEqual([]);
  });
});
