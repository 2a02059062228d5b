import { z } from 'zod';

/** Every named field of a zod schema, however deep, as `env[].name`. Free-form parts have none. */
export function schemaPaths(schema: z.ZodType): Set<string> {
  return new Set(below(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), ''));
}

/** Every field that a value has, in the same words. */
export function valuePaths(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap(item => valuePaths(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [at, ...valuePaths(part, at)];
  });
}

function below(node: z.core.JSONSchema._JSONSchema | undefined, path: string): string[] {
  if (typeof node !== 'object') return [];
  const items = Array.isArray(node.items) ? undefined : node.items;
  return [
    ...Object.entries(node.properties ?? {}).flatMap(([name, property]) => {
      const at = path === '' ? name : `${path}.${name}`;
      return [at, ...below(property, at)];
    }),
    ...below(items, `${path}[]`),
  ];
}
