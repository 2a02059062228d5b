import { z } from 'zod';
import { podTypes } from './pod-types.ts';

/** How strictly a part of a pod is read. */
export type Reading =
  /** As a part of a pod: only what Kubernetes knows. */
  | 'object'
  /** As a part of a strategic merge patch: null deletes, and `$patch` and `$retainKeys` may stand beside the fields. */
  | 'patch';

/** The fields of a type of Kubernetes by name, with their types in the notation of `podTypes`. */
export function fieldsOfPodType(type: string): ReadonlyMap<string, string> {
  const known = fieldsByType.get(type);
  if (known !== undefined) return known;
  const pairs = (podTypes[type] ?? '').split(' ').filter(pair => pair !== '');
  const fields = new Map(pairs.map(pair => pair.split(':') as [string, string]));
  fieldsByType.set(type, fields);
  return fields;
}

const fieldsByType = new Map<string, ReadonlyMap<string, string>>();
const schemas = new Map<string, z.ZodType>();

/** The zod schema of one of Kubernetes' types (`PodSpec`, `Container`, …), with every field optional and no unknown one. */
export function podTypeSchema(type: string, reading: Reading = 'object'): z.ZodType {
  const key = `${type} ${reading}`;
  const known = schemas.get(key);
  if (known !== undefined) return known;
  // The types refer to one another, so the fields are looked up when the schema is used.
  const schema = z.lazy(() => objectSchema(type, reading));
  schemas.set(key, schema);
  return schema;
}

const directives = { $patch: z.enum(['replace', 'delete']).optional(), $retainKeys: z.array(z.string()).optional() };

function objectSchema(type: string, reading: Reading): z.ZodType {
  const fields = [...fieldsOfPodType(type)].map(([name, fieldType]) => {
    const schema = typeSchema(fieldType, reading);
    return [name, reading === 'patch' ? schema.nullable().optional() : schema.optional()] as const;
  });
  return z.strictObject({ ...Object.fromEntries(fields), ...(reading === 'patch' && directives) });
}

function typeSchema(type: string, reading: Reading): z.ZodType {
  if (type.endsWith('[]')) return z.array(typeSchema(type.slice(0, -2), reading));
  if (type.endsWith('{}')) {
    const entry = typeSchema(type.slice(0, -2), reading);
    return z.record(z.string(), reading === 'patch' ? entry.nullable() : entry);
  }
  return scalars[type] ?? podTypeSchema(type, reading);
}

const scalars: Readonly<Record<string, z.ZodType>> = {
  any: z.unknown(),
  flag: z.boolean(),
  int: z.int(),
  intOrText: z.union([z.int(), z.string()]),
  quantity: z.union([z.number(), z.string()]),
  text: z.string(),
};
