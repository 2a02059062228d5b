import { z } from 'zod';
import { inlineReferences, type Position } from './inline-references.ts';
import { isObject, type JsonObject } from './json-object.ts';
import { faultKey, keyRulesKey, lostCheckKey, markUnrepresentable } from './mark-unrepresentable.ts';
import { mergeUnion } from './merge-union.ts';
import { SchemaBuildError } from './schema-build-error.ts';
import { stringValidations } from './string-validations.ts';
import type { StructuralSchema, ValidationRule, ValueValidation } from './structural-schema.ts';

/**
 * Turns a zod schema into the structural schema that a CustomResourceDefinition needs. What its `meta` holds under
 * `x-kubernetes-*` goes through as it is. `path` names the schema in errors.
 * Throws `SchemaBuildError` with the field's path for everything that the API server would refuse or that would be
 * checked by zod only.
 */
export function toStructuralSchema(schema: z.ZodType, path = ''): StructuralSchema {
  const root: unknown = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
    override: markUnrepresentable,
  });
  if (!isObject(root)) throw new SchemaBuildError(path, 'is no object schema');
  return structural(root, { root, path, following: ['#'] });
}

function structural(given: JsonObject, from: Position): StructuralSchema {
  const { node, following, recursive } = inlineReferences(given, from);
  const position = { ...from, following };
  refuseFaults(node, position.path);
  if (recursive) {
    return { ...description(node), ...(node['type'] === 'object' ? { type: 'object' } : {}), 'x-kubernetes-preserve-unknown-fields': true };
  }
  const choices = node['anyOf'] ?? node['oneOf'];
  const base = Array.isArray(choices)
    ? mergeUnion(
        choices.filter(isObject).map((choice, index) => structural(choice, { ...position, path: `${position.path}(choice ${index + 1})` })),
        position.path,
      )
    : single(node, position);
  const rules = [...(base['x-kubernetes-validations'] ?? []), ...validationRules(node)];
  return refuseNullWord(position.path, {
    ...base,
    ...description(node),
    ...annotations(node),
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
  });
}

/** The API server refuses null where there is an `enum`, even if null is one of its words. */
function refuseNullWord(path: string, schema: StructuralSchema): StructuralSchema {
  const words = schema.enum ?? [];
  if (schema.nullable === true && words.some(word => word !== null)) {
    throw new SchemaBuildError(path, 'null beside a list of words is refused by the API server: make the field optional instead');
  }
  return schema;
}

function refuseFaults(node: JsonObject, path: string): void {
  const restated = 'x-kubernetes-validations' in node || 'x-kubernetes-list-type' in node;
  const fault = node[faultKey] ?? (restated ? undefined : node[lostCheckKey]);
  if (typeof fault === 'string') throw new SchemaBuildError(path, fault);
}

function description(node: JsonObject): Pick<StructuralSchema, 'description'> {
  return typeof node['description'] === 'string' ? { description: node['description'] } : {};
}

/** What may stand beside any kind of schema. */
function annotations(node: JsonObject): StructuralSchema {
  const kept = Object.entries(node).filter(([key]) => key === 'default' || key === 'nullable' || key.startsWith('x-kubernetes-'));
  return Object.fromEntries(kept);
}

function validationRules(node: JsonObject): readonly ValidationRule[] {
  return ['x-kubernetes-validations', keyRulesKey].flatMap(key => {
    const rules: unknown = node[key];
    return Array.isArray(rules) ? rules : [];
  });
}

function single(node: JsonObject, position: Position): StructuralSchema {
  switch (node['type']) {
    case 'object':
      return objectSchema(node, position);
    case 'array':
      return arraySchema(node, position);
    case 'string':
      return { type: 'string', ...literals(node), ...stringValidations(node, position.path), ...patterns(node, position.path) };
    case 'integer':
      return { type: 'integer', ...literals(node), ...integerRange(node) };
    case 'number':
    case 'boolean':
      return { type: node['type'], ...literals(node), ...pick(node, numberKeys) };
    case undefined:
      return { 'x-kubernetes-preserve-unknown-fields': true };
    default:
      throw new SchemaBuildError(position.path, `type ${JSON.stringify(node['type'])} is unknown`);
  }
}

const numberKeys = ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf'] as const;
const arrayKeys = ['minItems', 'maxItems'] as const;
const objectKeys = ['minProperties', 'maxProperties'] as const;

function pick(node: JsonObject, keys: readonly string[]): ValueValidation {
  return Object.fromEntries(Object.entries(node).filter(([key]) => keys.includes(key)));
}

function literals(node: JsonObject): ValueValidation {
  return Array.isArray(node['enum']) ? { enum: node['enum'] } : {};
}

/** A text that must match several patterns carries them in `allOf`, where no type may stand. */
function patterns(node: JsonObject, path: string): StructuralSchema {
  const parts = Array.isArray(node['allOf']) ? node['allOf'].filter(isObject) : [];
  return parts.length === 0 ? {} : { allOf: parts.map(part => stringValidations(part, path)) };
}

const int32 = { lowest: -(2 ** 31), highest: 2 ** 31 - 1 } as const;
const int64 = { lowest: Number.MIN_SAFE_INTEGER, highest: Number.MAX_SAFE_INTEGER } as const;

/**
 * The limits without those that zod adds to every integer, and "at least 1" rather than "above 0".
 * Those of 32 bits stay: the API server writes the format down, but does not check it.
 */
function integerRange(node: JsonObject): ValueValidation {
  const minimum = typeof node['minimum'] === 'number' ? node['minimum'] + (node['exclusiveMinimum'] === true ? 1 : 0) : int64.lowest;
  const maximum = typeof node['maximum'] === 'number' ? node['maximum'] - (node['exclusiveMaximum'] === true ? 1 : 0) : int64.highest;
  const fits = minimum >= int32.lowest && maximum <= int32.highest;
  return {
    format: fits ? 'int32' : 'int64',
    ...(minimum > int64.lowest ? { minimum } : {}),
    ...(maximum < int64.highest ? { maximum } : {}),
    ...pick(node, ['multipleOf']),
  };
}

function arraySchema(node: JsonObject, position: Position): StructuralSchema {
  const items = isObject(node['items']) ? node['items'] : {};
  const listKeys = node['x-kubernetes-list-map-keys'];
  const schema = structural(items, { ...position, path: `${position.path}[]` });
  for (const key of Array.isArray(listKeys) ? listKeys : []) requireListKey(schema, String(key), position.path);
  return { type: 'array', ...pick(node, arrayKeys), items: schema };
}

function requireListKey(items: StructuralSchema, key: string, path: string): void {
  if (items.required?.includes(key) === true || items.properties?.[key]?.default !== undefined) return;
  throw new SchemaBuildError(path, `the list key ${key} must be required, or have a default`);
}

function objectSchema(node: JsonObject, position: Position): StructuralSchema {
  return { type: 'object', ...pick(node, objectKeys), ...namedFields(node, position), ...freeKeys(node, position) };
}

function hasNamedFields(node: JsonObject): node is JsonObject & { readonly properties: JsonObject } {
  return isObject(node['properties']) && Object.keys(node['properties']).length > 0;
}

function namedFields(node: JsonObject, position: Position): StructuralSchema {
  if (!hasNamedFields(node)) return {};
  const required = Array.isArray(node['required']) ? { required: node['required'].map(String) } : {};
  return { ...required, properties: propertySchemas(node.properties, position) };
}

/** A closed object needs no mark: the API server drops what a schema does not name. */
function freeKeys(node: JsonObject, position: Position): StructuralSchema {
  const extra = node['additionalProperties'];
  if (extra === undefined || extra === false) return {};
  if (!isObject(extra) || Object.keys(extra).length === 0) return { 'x-kubernetes-preserve-unknown-fields': true };
  if (hasNamedFields(node)) {
    throw new SchemaBuildError(position.path, 'an object has either named fields or free keys: use z.object() or z.record()');
  }
  return { additionalProperties: structural(extra, { ...position, path: `${position.path}[*]` }) };
}

function propertySchemas(properties: JsonObject, position: Position): Record<string, StructuralSchema> {
  const entries = Object.entries(properties).map(([name, property]) => {
    const path = position.path === '' ? name : `${position.path}.${name}`;
    return [name, structural(isObject(property) ? property : {}, { ...position, path })] as const;
  });
  return Object.fromEntries(entries);
}
