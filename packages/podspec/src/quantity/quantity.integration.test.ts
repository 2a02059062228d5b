import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namedObjects } from '../testing/index.ts';
import { JobTestServer } from '../testing/job-test-server.ts';
import { canonicalQuantity, parseQuantity, type Quantity } from './quantity.ts';

let server: JobTestServer;

beforeAll(async () => {
  server = await JobTestServer.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Up to the greatest amount that the server knows, in which it reckons, and with the thousandths to which it rounds. */
const texts = fc
  .tuple(
    fc.nat(99_999),
    fc.option(fc.oneof(fc.constantFrom('5', '25', '50', '000', '0001'), fc.nat(9999).map(String)), { nil: undefined }),
    fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-3', 'e0', 'e6'),
  )
  .map(([whole, fraction, suffix]) => `${whole}${fraction === undefined ? '' : `.${fraction}`}${suffix}`);

/** What a real API server makes of it: nothing where it is no quantity. */
async function asServerWrites(text: string, signal: AbortSignal): Promise<string | undefined> {
  const name = 'quantity';
  const container = { name, image: 'x', resources: { requests: { memory: text } } };
  try {
    const { spec } = await server.pods.create(
      { metadata: { name, namespace: namedObjects.namespace }, spec: { automountServiceAccountToken: false, containers: [container] } },
      { dryRun: true },
      signal,
    );
    return spec?.containers[0]?.resources?.requests?.['memory'];
  } catch {
    return undefined;
  }
}

async function forEach(texts: readonly string[], check: (text: string) => Promise<void>): Promise<void> {
  const queue = texts.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const text of queue) await check(text);
    }),
  );
}

/** Pods have no finer amounts. */
function inThousandths(text: string): Quantity | undefined {
  const quantity = parseQuantity(text);
  const thousandth = 1_000_000n;
  return quantity === undefined ? undefined : { ...quantity, nanos: ((quantity.nanos + thousandth - 1n) / thousandth) * thousandth };
}

describe('a quantity', () => {
  it.each([
    ['0', '0'],
    ['1000m', '1'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['1.5', '1500m'],
    ['1000', '1k'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000Ki', '1000Ki'],
    ['0.5Ki', '512'],
    ['0.1Gi', '107374182400m'],
    ['1e3', '1e3'],
    ['1E', '1E'],
    ['1Ei', '1Ei'],
  ])('that is written %s is kept as %s, by us as by a real API server', async (text, canonical) => {
    expect(await asServerWrites(text, AbortSignal.timeout(30_000))).toBe(canonical);
    const parsed = parseQuantity(text);
    expect(parsed === undefined ? undefined : canonicalQuantity(parsed)).toBe(canonical);
  });

  it('means what it means to a real API server, which leaves its canonical form alone', async () => {
    const signal = AbortSignal.timeout(90_000);
    const { seed } = fc.readConfigureGlobal();
    const differences: string[] = [];
    await forEach(fc.sample(texts, { numRuns: 200, ...(seed !== undefined && { seed }) }), async text => {
      const ours = inThousandths(text);
      const canonical = ours === undefined ? '' : canonicalQuantity(ours);
      // The server takes some texts for canonical that are not, and gives them back as they are.
      const [theirs, kept] = [await asServerWrites(text, signal), await asServerWrites(canonical, signal)];
      const same = theirs !== undefined && inThousandths(theirs)?.nanos === ours?.nanos;
      if (!same || kept !== canonical) differences.push(`${text} is ${theirs}, to us ${canonical}, which is kept as ${kept}`);
    });
    expect(differences, `seed ${seed}`).toStrictEqual([]);
  });

  it.each(['', '1 Gi', '1GB', '1gi', '1K', '1.2.3', '1e', '1e1.5', '0x10', '--1'])('is %j neither here nor there', async text => {
    expect(await asServerWrites(text, AbortSignal.timeout(30_000))).toBeUndefined();
    expect(parseQuantity(text)).toBeUndefined();
  });
});
