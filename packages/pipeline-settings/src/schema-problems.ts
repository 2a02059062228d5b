import { isObject, type StructuralSchema, schemaMessage } from '@buildkite-operator/crds/toolkit';
import type { z } from 'zod';
import { celRules } from './cel-rules.ts';
import { unknownKeyProblem } from './nearest-key.ts';

/** Steps from a value to a part of it. */
export type KeyPath = readonly (number | string)[];

/** Something wrong at a place of a value. */
export interface Fault {
  readonly path: KeyPath;
  readonly value?: unknown;
  readonly problem: string;
}

/** What zod has against a value; each unknown key of a strict object by itself, with the nearest known one. */
export function zodFaults(schema: z.ZodType, value: unknown, knownAt: (path: KeyPath) => Iterable<string>): Fault[] {
  const parsed = schema.safeParse(value, { error: schemaMessage });
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue): Fault[] => {
    const path = issue.path.map(step => (typeof step === 'number' ? step : String(step)));
    if (issue.code !== 'unrecognized_keys') return [fault(path, value, issue.message)];
    return issue.keys.map(key => fault([...path, key], value, unknownKeyProblem(key, knownAt(path))));
  });
}

/**
 * What a structural schema has against a value beyond types and bounds: unknown keys, list entries of one key, too many entries of a map,
 * and its rules in CEL. Parts of a wrong type are not looked into.
 */
export function structureFaults(schema: StructuralSchema, value: unknown, path: KeyPath = []): Fault[] {
  return [...ownFaults(schema, value, path), ...innerFaults(schema, value, path)];
}

function ownFaults(schema: StructuralSchema, value: unknown, path: KeyPath): Fault[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const broken = rules.filter(({ message }) => celRules.get(message)?.(value) === false);
  return broken.map(({ message, fieldPath = '' }) => {
    const place = [...path, ...fieldPath.split('.').filter(step => step !== '')];
    return { path: place, problem: message };
  });
}

function innerFaults(schema: StructuralSchema, value: unknown, path: KeyPath): Fault[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return [];
    return [...repeatedKeys(schema, value, path), ...value.flatMap((entry, index) => structureFaults(items, entry, [...path, index]))];
  }
  if (!isObject(value)) return [];
  const { properties, additionalProperties, maxProperties = Number.POSITIVE_INFINITY } = schema;
  const count = Object.keys(value).length;
  const tooMany = count > maxProperties ? [{ path, problem: `has ${count} entries, more than the ${maxProperties} there may be` }] : [];
  return [
    ...tooMany,
    ...Object.entries(value).flatMap(([name, entry]) => {
      const field = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
      if (field !== undefined) return structureFaults(field, entry, [...path, name]);
      if (properties === undefined || schema['x-kubernetes-preserve-unknown-fields'] === true) return [];
      return [{ path: [...path, name], value: entry, problem: unknownKeyProblem(name, Object.keys(properties)) }];
    }),
  ];
}

/** Entries of a list that the API server keeps by key must each have their own. */
function repeatedKeys(schema: StructuralSchema, value: readonly unknown[], path: KeyPath): Fault[] {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (keys.length === 0) return [];
  const seen = new Set<string>();
  return value.flatMap((entry, index): Fault[] => {
    if (!isObject(entry)) return [];
    const own = keys.map(key => entry[key]);
    const id = JSON.stringify(own);
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [{ path: [...path, index, ...keys.slice(0, 1)], value: own[0], problem: 'stands in the list twice: remove one of the entries' }];
  });
}

function fault(path: KeyPath, value: unknown, problem: string): Fault {
  const found = valueAt(value, path);
  return { path, problem, ...(found !== undefined && { value: found }) };
}

/** The part of a value that a path leads to; undefined where it leads nowhere. */
export function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null ? (Object.getOwnPropertyDescriptor(inner, step)?.value as unknown) : undefined,
    value,
  );
}
