import type { JsonPatchOperation } from '../admission/json-patch.ts';

/** Applies a JSON patch as RFC 6902 says; for tests of what we send. Throws where a path leads nowhere. */
export function applyPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  const result: unknown = structuredClone(document);
  for (const operation of operations) {
    const steps = operation.path
      .split('/')
      .slice(1)
      .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = steps.pop() ?? '';
    const parent = steps.reduce<unknown>((value, step) => (isObject(value) ? Reflect.get(value, step) : undefined), result);
    if (!isObject(parent)) throw new Error(`${operation.path} leads nowhere`);
    if (operation.op === 'remove') Reflect.deleteProperty(parent, last);
    else if (Array.isArray(parent) && last === '-') parent.push(operation.value);
    else Reflect.set(parent, last, operation.value);
  }
  return result;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
