/** The value that a field path as Kubernetes writes it (`spec.env[2].name`) leads to; undefined when there is none. */
export function valueAt(object: unknown, field: string): unknown {
  let value = object;
  for (const step of field.split(/[.[\]]+/).filter(part => part !== '')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
