import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SchemaBuildError } from './schema-build-error.ts';
import { toStructuralSchema } from './structural.ts';

const text = { type: 'string' } as const;
const int32 = { type: 'integer', format: 'int32', minimum: -2_147_483_648, maximum: 2_147_483_647 } as const;

/** The structural form of one field. */
function fieldOf(schema: z.ZodType): unknown {
  return toStructuralSchema(z.object({ field: schema.optional() })).properties?.['field'];
}

describe('each kind of zod schema becomes the form that the API server accepts', () => {
  const shared = z.object({ a: z.string() }).meta({ id: 'Shared', description: 'Shared part.' });
  const cases: readonly (readonly [string, z.ZodType, unknown])[] = [
    ['a text', z.string(), text],
    [
      'a text with bounds and a pattern',
      z
        .string()
        .min(1)
        .max(9)
        .regex(/^a\/b$/),
      { ...text, minLength: 1, maxLength: 9, pattern: '^a/b$' },
    ],
    ['several patterns', z.string().regex(/a/).regex(/b/), { ...text, allOf: [{ pattern: 'a' }, { pattern: 'b' }] }],
    ['a time, which the server checks by its format', z.iso.datetime(), { ...text, format: 'date-time' }],
    ['a format that the server knows under another name', z.base64(), expect.objectContaining({ ...text, format: 'byte' })],
    ['a format that the server does not know', z.string().startsWith('bk-'), { ...text, pattern: '^bk-.*' }],
    ['any integer, without the limits that zod adds', z.int(), { type: 'integer', format: 'int64' }],
    ['an integer of 32 bits, with limits that the server checks', z.int32(), int32],
    ['an integer from 0', z.int().min(0), { type: 'integer', format: 'int64', minimum: 0 }],
    ['an integer above 0 and below 10', z.int().gt(0).lt(10), { type: 'integer', format: 'int32', minimum: 1, maximum: 9 }],
    ['an unsigned integer of 32 bits', z.uint32(), { type: 'integer', format: 'int64', minimum: 0, maximum: 4_294_967_295 }],
    ['a number above 3', z.number().gt(3), { type: 'number', minimum: 3, exclusiveMinimum: true }],
    ['a literal', z.literal('a'), { ...text, enum: ['a'] }],
    ['words', z.enum(['a', 'b']), { ...text, enum: ['a', 'b'] }],
    ['a choice of literals', z.union([z.literal('a'), z.enum(['b', 'c'])]), { ...text, enum: ['a', 'b', 'c'] }],
    ['a choice of texts', z.union([z.literal('a'), z.string().regex(/^b/)]), { ...text, anyOf: [{ enum: ['a'] }, { pattern: '^b' }] }],
    ['a text or null', z.string().nullable(), { ...text, nullable: true }],
    ['a union with null', z.union([z.string(), z.null()]), { ...text, nullable: true }],
    ['anything', z.unknown(), { 'x-kubernetes-preserve-unknown-fields': true }],
    ['an open object', z.looseObject({}), { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }],
    [
      'an open object with known fields',
      z.looseObject({ a: z.string() }),
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, required: ['a'], properties: { a: text } },
    ],
    ['a closed object', z.strictObject({ a: z.string() }), { type: 'object', required: ['a'], properties: { a: text } }],
    [
      'an intersection',
      z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })),
      { type: 'object', required: ['a', 'b'], properties: { a: text, b: text } },
    ],
    ['a map', z.record(z.string(), z.int32()), { type: 'object', additionalProperties: int32 }],
    [
      'a map with rules for its keys',
      z.record(z.string().max(3).regex(/^'/), z.string()),
      {
        type: 'object',
        additionalProperties: text,
        'x-kubernetes-validations': [
          { rule: 'self.all(key, key.size() <= 3)', message: 'a key has at most 3 characters' },
          { rule: "self.all(key, key.matches('^\\''))", message: "a key matches ^'" },
        ],
      },
    ],
    ['a list', z.array(z.string()).min(1).max(3), { type: 'array', minItems: 1, maxItems: 3, items: text }],
    ['a text or an integer', z.union([z.int(), z.string().max(5)]), { 'x-kubernetes-int-or-string': true, maxLength: 5 }],
    ['a default', z.int32().default(3), { ...int32, default: 3 }],
    [
      'an object that is filled with the defaults of its fields',
      z.object({ limit: z.int32().default(3), delay: z.string().default('1s') }).prefault({}),
      {
        type: 'object',
        default: {},
        properties: { limit: { ...int32, default: 3 }, delay: { ...text, default: '1s' } },
      },
    ],
    ['a transformed text: what goes in', z.string().transform(Number), text],
    ['a shared part', shared, { type: 'object', description: 'Shared part.', required: ['a'], properties: { a: text } }],
    [
      'a shared part with a description of its own',
      shared.describe('Mine.'),
      { type: 'object', description: 'Mine.', required: ['a'], properties: { a: text } },
    ],
    [
      'meta for Kubernetes',
      z.array(z.string()).meta({ 'x-kubernetes-list-type': 'set', title: 'dropped' }),
      { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    ],
  ];
  it.each(cases)('%s', (_name, schema, expected) => {
    expect(fieldOf(schema)).toEqual(expected);
  });

  it('lists as required only what has no default', () => {
    const schema = z.object({ needed: z.string(), optional: z.string().optional(), filled: z.string().default('x') });
    expect(toStructuralSchema(schema).required).toEqual(['needed']);
  });

  it('cuts a schema that contains itself, and keeps what stands beside the cut', () => {
    const tree = z.object({
      name: z.string(),
      get children() {
        return z.array(tree).max(3);
      },
    });
    expect(toStructuralSchema(tree).properties?.['children']).toEqual({
      type: 'array',
      maxItems: 3,
      items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    });
  });
});

describe('a choice between objects', () => {
  const source = z.discriminatedUnion('type', [
    z.object({ type: z.literal('git'), url: z.string(), depth: z.int32().optional() }),
    z
      .object({ type: z.enum(['s3', 'gcs']), bucket: z.string(), url: z.string() })
      .meta({ 'x-kubernetes-validations': [{ rule: "self.bucket != ''", message: 'name a bucket' }] }),
  ]);

  it('becomes one object with all fields, where the discriminator decides what is required', () => {
    expect(fieldOf(source)).toMatchObject({
      type: 'object',
      required: ['type', 'url'],
      properties: { type: { ...text, enum: ['git', 's3', 'gcs'] }, url: text, depth: { type: 'integer' }, bucket: text },
      oneOf: [
        { required: ['type', 'url'], properties: { type: { enum: ['git'] } } },
        { required: ['type', 'bucket', 'url'], properties: { type: { enum: ['s3', 'gcs'] } } },
      ],
    });
  });

  it("forbids another branch's fields, and keeps a branch's rules to the branch", () => {
    expect(fieldOf(source)).toMatchObject({
      'x-kubernetes-validations': [
        { rule: "!has(self.depth) || self.type in ['git']", message: 'depth is only for type git', fieldPath: '.depth' },
        { rule: "!has(self.bucket) || self.type in ['s3', 'gcs']", message: 'bucket is only for type s3 or gcs', fieldPath: '.bucket' },
        { rule: "!(self.type in ['s3', 'gcs']) || (self.bucket != '')", message: 'name a bucket' },
      ],
    });
  });

  it('without a discriminator asks for the fields of one of them', () => {
    expect(fieldOf(z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]))).toEqual({
      type: 'object',
      properties: { a: text, b: text },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    });
  });

  it('adds its own rules to those of the choice', () => {
    const withRule = source.meta({ 'x-kubernetes-validations': [{ rule: 'true', message: 'mine' }] });
    expect(fieldOf(withRule)).toHaveProperty('x-kubernetes-validations.length', 4);
  });
});

describe('what has no structural form stops the build and names the field', () => {
  const cases: readonly (readonly [string, z.ZodType, RegExp])[] = [
    ['a tuple', z.tuple([z.string(), z.int()]), /tuple/],
    ['text or object', z.union([z.string(), z.object({ a: z.string() })]), /string and object/],
    [
      'a field that differs between choices',
      z.union([z.object({ a: z.string() }), z.object({ a: z.int() })]),
      /differs between the choices/,
    ],
    [
      'rules in a choice without discriminator',
      z.union([z.object({ a: z.string() }), z.object({ b: z.string() }).meta({ 'x-kubernetes-validations': [] })]),
      /discriminatedUnion/,
    ],
    ['named fields and typed free keys', z.object({ a: z.string() }).catchall(z.int()), /either named fields or free keys/],
    ['a date', z.date(), /z\.iso\.datetime/],
    ['a map object', z.map(z.string(), z.string()), /z\.record/],
    ['a bigint', z.int64(), /z\.int\(\)/],
    ['what must never be', z.never(), /leave the field out/],
    ['a pattern with look-ahead', z.string().regex(/^(?!x)a$/), /look-around/],
    ['a pattern with a back-reference', z.string().regex(/^(a)\1$/), /back-references/],
    ['a pattern with flags', z.string().regex(/a/i), /flags of \/a\/i/],
    ['a refinement that only zod would check', z.string().refine(value => value !== 'x'), /x-kubernetes-validations/],
    ['a default that breaks its schema', z.string().max(1).default('long'), /the default breaks its own schema/],
    ['an empty default where a field is required', z.object({ a: z.string() }).prefault({} as { a: string }), /a: .*\(not set\)/],
    ['words or null', z.enum(['a', 'b']).nullable(), /null beside a list of words/],
    [
      'a list key that may be missing',
      z.array(z.object({ name: z.string().optional() })).meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
      /the list key name/,
    ],
  ];
  it.each(cases)('%s', (_name, schema, fault) => {
    const build = () => toStructuralSchema(z.object({ outer: z.array(z.object({ inner: schema.optional() })) }), 'spec');
    expect(build).toThrow(SchemaBuildError);
    expect(build).toThrow(fault);
    expect(build).toThrow(/^spec\.outer\[\]\.inner/);
  });

  it('a refinement is fine where the meta restates it for the API server', () => {
    const rules = [{ rule: "self != 'x'", message: 'not x' }];
    const schema = z
      .string()
      .refine(value => value !== 'x')
      .meta({ 'x-kubernetes-validations': rules });
    expect(fieldOf(schema)).toEqual({ type: 'string', 'x-kubernetes-validations': rules });
  });

  it.each([
    ['an escaped parenthesis before a question mark', /^a\(?=b$/],
    ['a backslash before a group', /^\\(?:b)$/],
  ])('%s is no look-ahead', (_name, pattern) => {
    expect(fieldOf(z.string().regex(pattern))).toEqual({ type: 'string', pattern: pattern.source });
  });
});
