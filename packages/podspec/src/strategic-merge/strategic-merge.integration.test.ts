import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiServer, startApiServer } from '@buildkite-operator/e2e-cluster';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casePod, mergeCases, refusedCases } from './cases/index.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { requestsTo, type SendToServer } from './oracle/api-server-requests.ts';
import { generatedMergeKeys } from './oracle/generated-merge-keys.ts';
import { MergeOracle, type StoredTemplate, type Verdict } from './oracle/merge-oracle.ts';
import { randomMerge } from './oracle/random-patch.ts';
import { strategicMerge } from './strategic-merge.ts';
import { StrategicMergeError } from './strategic-merge-error.ts';

const randomRuns = 600;

let server: ApiServer;
let send: SendToServer;
let oracle: MergeOracle;
beforeAll(async () => {
  server = await startApiServer();
  send = await requestsTo(server);
  oracle = new MergeOracle(send);
});
afterAll(async () => {
  await server.stop();
});

/**
 * The server's merge, and what the server makes of ours. Both start from the pod as the server stores it and end with the same
 * validation and defaults, so that whatever differs is the merge.
 */
async function bothMerges(original: JsonObject, patch: JsonValue): Promise<{ theirs: Verdict; ours: Verdict; stored: StoredTemplate }> {
  const stored = await oracle.store({ spec: original });
  const theirs = await stored.patch({ spec: patch });
  return { theirs, ours: await mergeByUs(stored, { spec: patch }), stored };
}

async function mergeByUs(stored: StoredTemplate, patch: JsonObject): Promise<Verdict> {
  try {
    return await stored.replace(strategicMerge(stored.template, patch, { node: 'PodTemplateSpec' }));
  } catch (error) {
    if (error instanceof StrategicMergeError) return { refused: error.message };
    throw error;
  }
}

describe('the API server', () => {
  it('has the merge keys that we have', async () => {
    expect(await readFile(join(import.meta.dirname, 'merge-keys.ts'), 'utf8')).toBe(await generatedMergeKeys(send));
  });

  it.each(mergeCases.filter(({ server }) => server === undefined))('agrees: $title', async ({ original, patch, merged }) => {
    const { theirs, ours, stored } = await bothMerges(casePod(original), patch);
    expect(theirs).toHaveProperty('template');
    expect(ours).toStrictEqual(theirs);
    expect(await stored.replace({ spec: casePod(merged) })).toStrictEqual(theirs);
  });

  it.each(mergeCases.flatMap(({ server, ...rest }) => (typeof server === 'object' ? [{ ...rest, server }] : [])))(
    'takes additions literally, and we do not: $title',
    async ({ original, patch, server }) => {
      const { theirs, ours } = await bothMerges(casePod(original), patch);
      expect(ours).toHaveProperty('template');
      expect(valueAt(theirs, ['template', 'spec', ...server.at])).toStrictEqual(server.has);
      expect(valueAt(ours, ['template', 'spec', ...server.at])).not.toStrictEqual(server.has);
    },
  );

  it.each(mergeCases.filter(({ server }) => server === 'refuses'))('refuses, and we do not: $title', async ({ original, patch }) => {
    const { theirs, ours } = await bothMerges(casePod(original), patch);
    expect(theirs).toHaveProperty('refused');
    expect(ours).toHaveProperty('template');
  });

  it.each(refusedCases.filter(({ serverAccepts }) => serverAccepts === undefined))('refuses too: $title', async ({ original, patch }) => {
    const { theirs } = await bothMerges(casePod(original), patch);
    expect(theirs).toHaveProperty('refused');
  });

  it.each(refusedCases.filter(({ serverAccepts }) => serverAccepts !== undefined))(
    'accepts, and we do not, since it $serverAccepts: $title',
    async ({ original, patch }) => {
      const { theirs } = await bothMerges(casePod(original), patch);
      expect(theirs).toHaveProperty('template');
    },
  );

  it.each([
    { finalizers: ['e.org/d', 'e.org/b'] },
    { finalizers: ['e.org/c', 'e.org/a', 'e.org/c'] },
    { finalizers: null },
    { '$deleteFromPrimitiveList/finalizers': ['e.org/b', 'e.org/x'] },
    { '$setElementOrder/finalizers': ['e.org/c', 'e.org/d', 'e.org/a'], finalizers: ['e.org/d'] },
    { '$setElementOrder/finalizers': ['e.org/a'], finalizers: ['e.org/d'] },
  ])('agrees on a set, which a pod template has in its metadata: %j', async metadata => {
    const stored = await oracle.store({ metadata: { finalizers: ['e.org/a', 'e.org/b', 'e.org/c'] }, spec: casePod({}) });
    const theirs = await stored.patch({ metadata });
    const ours = await mergeByUs(stored, { metadata });
    expect(comparable(ours)).toStrictEqual(comparable(theirs));
  });

  it(`agrees on ${randomRuns} random pods and patches`, async () => {
    let merged = 0;
    await fc.assert(
      fc.asyncProperty(randomMerge, async ({ original, patch }) => {
        const { theirs, ours } = await bothMerges(original, patch);
        expect(comparable(ours)).toStrictEqual(comparable(theirs));
        if ('template' in theirs) merged += 1;
      }),
      { numRuns: randomRuns },
    );
    process.stdout.write(`random merges: ${merged} of ${randomRuns} merged, the others refused by both\n`);
    expect(merged).toBeGreaterThan(randomRuns / 2);
  }, 300_000);
});

/** Refusals are worded differently: the server's validation names another fault when it sees another half of it. */
function comparable(verdict: Verdict): JsonObject {
  return 'refused' in verdict ? { refused: true } : verdict.template;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((part, name) => (isRecord(part) ? part[name] : undefined), value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
