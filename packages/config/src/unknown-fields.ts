import { isObject, type StructuralSchema } from '@buildkite-operator/crds/toolkit';

/** A field that no schema has. */
export interface UnknownField {
  readonly path: readonly (string | number)[];
  /** The fields that there could have been. */
  readonly known: readonly string[];
}

/** Every field of a value that its schema neither names nor passes on as it is. Values of a wrong type are not looked into. */
export function unknownFields(schema: StructuralSchema, value: unknown, path: readonly (string | number)[] = []): readonly UnknownField[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((entry, index) => unknownFields(items, entry, [...path, index]));
  }
  if (!isObject(value)) return [];
  const { properties, additionalProperties } = schema;
  return Object.entries(value).flatMap(([name, entry]) => {
    const field = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (field !== undefined) return unknownFields(field, entry, [...path, name]);
    if (properties === undefined || schema['x-kubernetes-preserve-unknown-fields'] === true) return [];
    return [{ path: [...path, name], known: Object.keys(properties) }];
  });
}
