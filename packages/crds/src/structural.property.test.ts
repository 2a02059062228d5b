import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constant,
  dictionary,
  integer,
  letrec,
  oneof,
  property,
  record,
  stringMatching,
  tuple,
  uniqueArray,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isObject } from './json-object.ts';
import { toStructuralSchema } from './structural.ts';

const word = stringMatching(/^[a-z]{1,6}$/);

const leaf: Arbitrary<z.ZodType> = oneof(
  tuple(integer({ min: 0, max: 5 }), integer({ min: 5, max: 99 })).map(([min, max]) => z.string().min(min).max(max)),
  word.map(text =>
    z
      .string()
      .regex(new RegExp(`^${text}`))
      .regex(/[a-z/]$/),
  ),
  uniqueArray(word, { minLength: 1, maxLength: 4 }).map(words => z.enum(words)),
  word.map(text => z.literal(text)),
  tuple(integer(), integer({ min: 0, max: 2 ** 40 })).map(([min, span]) =>
    z
      .int()
      .min(min)
      .max(min + span),
  ),
  integer({ min: 1, max: 9 }).map(value => z.int32().positive().default(value)),
  boolean().map(value => z.boolean().default(value)),
  constant(z.int()),
  constant(z.number().gt(0).lt(1)),
  constant(z.string().nullable()),
  constant(z.union([z.int(), z.string().max(9)])),
  constant(z.union([z.literal('auto'), z.string().regex(/^v/), z.null()])),
  constant(z.iso.datetime()),
  constant(z.uuid()),
  constant(z.unknown()),
  constant(z.looseObject({})),
);

/** Any schema that is made of what has a structural form. */
const { schema: anySchema } = letrec<{ schema: z.ZodType; object: z.ZodObject }>(tie => ({
  object: record({ fields: dictionary(word, tie('schema'), { maxKeys: 4 }), strict: boolean() }).map(({ fields, strict }) =>
    strict ? z.strictObject(fields) : z.object(fields),
  ),
  schema: oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('schema').map(inner => inner.optional()),
    tuple(tie('schema'), word).map(([inner, text]) => inner.meta({ description: text, examples: ['dropped'] })),
    tie('schema').map(inner => z.array(inner).max(9)),
    tie('schema').map(inner =>
      z.record(
        z
          .string()
          .max(9)
          .regex(/^[a-z]/),
        inner,
      ),
    ),
    tie('object'),
    tuple(tie('object'), word).map(([inner, id]) => {
      const shared = inner.meta({ description: `Shared ${id}.` });
      return z.object({ one: shared, other: shared.optional() });
    }),
    array(tie('schema'), { minLength: 2, maxLength: 4 }).map(inners => {
      const branches = inners.map((inner, index) => z.object({ type: z.literal(`type-${index}`), [`field${index}`]: inner }));
      return z.union(branches);
    }),
  ),
}));

const allowed = new Set(
  `description type format enum minLength maxLength pattern minimum exclusiveMinimum maximum exclusiveMaximum multipleOf minItems maxItems
   minProperties maxProperties required properties nullable default items additionalProperties allOf anyOf oneOf
   x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields x-kubernetes-validations`.split(/\s+/),
);

/** What breaks Kubernetes' rules for structural schemas, each with its place. */
function faultsOf(schema: unknown, path: string, inChoice: boolean): readonly string[] {
  if (!isObject(schema)) return [`${path}: no object`];
  const properties = isObject(schema['properties']) ? Object.entries(schema['properties']) : [];
  const own = [
    ...Object.keys(schema)
      .filter(key => !allowed.has(key))
      .map(key => `${path}: ${key}`),
    ...(inChoice
      ? ['type', 'description', 'default', 'nullable', 'additionalProperties']
          .filter(key => key in schema)
          .map(key => `${path}: ${key} in a choice`)
      : []),
    ...(inChoice || hasType(schema) ? [] : [`${path}: no type`]),
    ...('additionalProperties' in schema && 'properties' in schema ? [`${path}: named fields and free keys`] : []),
    ...('items' in schema === (schema['type'] === 'array') ? [] : [`${path}: items and type disagree`]),
  ];
  const parts: readonly (readonly [unknown, string, boolean])[] = [
    ...properties.map(([name, part]) => [part, `${path}.${name}`, inChoice] as const),
    ...('items' in schema ? [[schema['items'], `${path}[]`, inChoice] as const] : []),
    ...('additionalProperties' in schema ? [[schema['additionalProperties'], `${path}[*]`, inChoice] as const] : []),
    ...['allOf', 'anyOf', 'oneOf'].flatMap(key => {
      const choices = schema[key];
      return Array.isArray(choices) ? choices.map(choice => [choice, `${path}(${key})`, true] as const) : [];
    }),
  ];
  return [...own, ...parts.flatMap(part => faultsOf(...part))];
}

function hasType(schema: object): boolean {
  return ['type', 'x-kubernetes-int-or-string', 'x-kubernetes-preserve-unknown-fields'].some(key => key in schema);
}

/** Whether zod refuses an object for lacking the field. */
function lacks(fields: Readonly<Record<string, z.ZodType>>, name: string): boolean {
  const issues = z.object(fields).safeParse({}).error?.issues ?? [];
  return issues.some(({ path }) => path[0] === name);
}

describe('given any zod schema whose parts have a structural form', () => {
  it('the result is structural and holds nothing that Kubernetes does not know', () => {
    assert(
      property(anySchema, schema => {
        expect(faultsOf(toStructuralSchema(z.object({ field: schema })), 'root', false)).toEqual([]);
      }),
    );
  });

  it('the result is the same each time', () => {
    assert(
      property(anySchema, schema => {
        expect(toStructuralSchema(schema)).toEqual(toStructuralSchema(schema));
      }),
    );
  });

  it('a value has to be there for the server where zod demands it, and nowhere else', () => {
    assert(
      property(dictionary(word, anySchema, { minKeys: 1, maxKeys: 4 }), fields => {
        const demanded = Object.keys(fields).filter(name => lacks(fields, name));
        expect(toStructuralSchema(z.object(fields)).required ?? []).toEqual(demanded);
      }),
    );
  });
});
