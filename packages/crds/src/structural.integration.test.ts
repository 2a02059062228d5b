import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CrdTestServer } from './crd-test-server.ts';
import { customResourceDefinition } from './custom-resource-definition.ts';
import { toStructuralSchema } from './structural.ts';

/** One of each construct that the structural pass rewrites. */
const sample = z.object({
  source: z
    .discriminatedUnion('type', [
      z.object({ type: z.literal('git'), url: z.url().max(99), depth: z.int32().optional() }),
      z.object({ type: z.enum(['s3', 'gcs']), bucket: z.string().max(9) }),
    ])
    .optional(),
  either: z.union([z.object({ a: z.string().max(9) }), z.object({ b: z.string().max(9) })]).optional(),
  port: z.union([z.int().min(1), z.string().max(5)]).optional(),
  retry: z.object({ limit: z.int32().default(3), delay: z.string().max(9).default('1s') }).prefault({}),
  tree: z.lazy(() => tree).optional(),
  level: z.string().max(9).nullable().optional(),
  word: z.union([z.literal('auto'), z.string().regex(/^v[0-9]$/)]).optional(),
  both: z.string().max(9).regex(/^a/).regex(/z$/).optional(),
  byKey: z
    .record(
      z
        .string()
        .max(3)
        .regex(/^[a-z]+$/),
      z.int32(),
    )
    .meta({ maxProperties: 5 })
    .optional(),
  set: z.array(z.string().max(9)).max(5).meta({ 'x-kubernetes-list-type': 'set' }).optional(),
  count: z.int32().optional(),
  when: z.iso.datetime().optional(),
  closed: z.strictObject({ a: z.string().max(9).optional() }).optional(),
  open: z.looseObject({ a: z.string().max(9).optional() }).optional(),
  anything: z.unknown().optional(),
});
const tree = z.object({
  name: z.string().max(9),
  get children() {
    return z.array(tree).max(3).optional();
  },
});

let server: CrdTestServer;
beforeAll(async () => {
  server = await CrdTestServer.start();
  const spec = toStructuralSchema(sample, 'spec');
  const names = { kind: 'Sample', plural: 'samples', shortNames: [], categories: [], description: 'A sample.' };
  await server.install(customResourceDefinition({ ...names, spec, rules: [], printerColumns: [] }));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const create = (spec: object) =>
  [
    ['create', '--dry-run=server', '--filename=-'],
    { apiVersion: 'buildkite-operator.io/v1alpha1', kind: 'Sample', metadata: { name: 'one' }, spec },
  ] as const;

describe('a structural schema on a real API server', () => {
  const defaults = { retry: { limit: 3, delay: '1s' } };
  it.each([
    ['fills the defaults of nested fields', {}, defaults],
    ['keeps what was given beside the defaults', { retry: { limit: 9 } }, { retry: { limit: 9, delay: '1s' } }],
    ['takes each branch of a choice', { source: { type: 'gcs', bucket: 'b' }, either: { b: 'x' } }, defaults],
    ['takes a number or a text', { port: 80 }, defaults],
    ['takes null where it may stand', { level: null }, defaults],
    ['keeps a recursive value below the cut', { tree: { name: 'a', children: [{ name: 'b', children: [{ name: 'c' }] }] } }, defaults],
    ['keeps what is open', { open: { a: 'x', b: { c: 1 } }, anything: [1, 'a', { b: null }] }, defaults],
    ['takes times with fractions', { when: '2026-11-24T08:00:00.123Z' }, defaults],
    ['takes both forms of a text', { word: 'v1' }, defaults],
  ])('%s', async (_name, spec, more) => {
    const stored = await server.mustJson(...create(spec));
    expect(stored['spec']).toEqual({ ...more, ...spec, ...('retry' in spec ? more : {}) });
  });

  it.each([
    ['a branch without its field', { source: { type: 'git' } }, /spec\.source\.url: Required value/],
    [
      "another branch's field",
      { source: { type: 'git', url: 'http://a', bucket: 'b' } },
      /spec\.source\.bucket: Invalid value.*bucket is only for type s3 or gcs/,
    ],
    ['an unknown branch', { source: { type: 'svn' } }, /spec\.source\.type: Unsupported value: "svn"/],
    ['none of the choices', { either: {} }, /spec\.either\.(a|b): Required value/],
    ['a number that is neither integer nor text', { port: 1.5 }, /spec\.port/],
    ['an int-or-string above the bound of its text', { port: '123456' }, /spec\.port: Too long/],
    ['an int-or-string below the bound of its integer', { port: 0 }, /spec\.port: Invalid value: 0/],
    ['null where it may not stand', { word: null, count: 'x' }, /spec\.count/],
    ['a text of neither form', { word: 'v10' }, /spec\.word/],
    ['a text that matches one pattern of two', { both: 'ab' }, /spec\.both/],
    ['a key against the rules for keys', { byKey: { A: 1 } }, /spec\.byKey: Invalid value.*a key matches/],
    ['a key that is too long', { byKey: { abcd: 1 } }, /spec\.byKey: Invalid value.*at most 3 characters/],
    ['an entry twice in a set', { set: ['a', 'a'] }, /spec\.set\[1\]: Duplicate value/],
    ['an integer beyond 32 bits', { count: 2_147_483_648 }, /spec\.count: Invalid value/],
    ['a time that is none', { when: 'today' }, /spec\.when: Invalid value: "today"/],
    ['an unknown field in a closed object', { closed: { b: 1 } }, /unknown field "spec\.closed\.b"/],
  ])('refuses %s', async (_name, spec, words) => {
    expect(await server.kubectl(...create(spec))).toMatchObject({ ok: false, stderr: expect.stringMatching(words) });
  });
});
