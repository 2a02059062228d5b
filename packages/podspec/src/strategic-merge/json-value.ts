/** Anything JSON can say. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object. Types made of interfaces (a client library's pod) need a cast to become one. */
export type JsonObject = { readonly [name: string]: JsonValue };

/** Tells an object from a list, a scalar and null. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tells a list; `Array.isArray` alone does not narrow a read-only one. */
export function isJsonList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
