import type { StructuralSchema } from './structural-schema.ts';

/** A field of a schema, however deep. */
export interface SchemaField {
  /** `spec.env[].name`; `[]` is any entry of a list, `[*]` any entry of a map. */
  readonly path: string;
  readonly schema: StructuralSchema;
  readonly required: boolean;
}

/** Every named field below a schema, in the order of the schema, parents before children. Entries of lists and maps are no fields. */
export function* schemaFields(schema: StructuralSchema, path: string): Generator<SchemaField> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const field = { path: `${path}.${name}`, schema: property, required: schema.required?.includes(name) === true };
    yield field;
    yield* schemaFields(property, field.path);
  }
  if (schema.items !== undefined) yield* schemaFields(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) yield* schemaFields(schema.additionalProperties, `${path}[*]`);
}
