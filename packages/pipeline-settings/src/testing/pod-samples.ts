import { fieldsOfPodType } from '../pod-types/pod-type-schema.ts';

/** A value that Kubernetes' type of that notation takes; of an object, its first field. */
export function goodValue(type: string, depth = 0): unknown {
  if (type.endsWith('[]')) return [goodValue(type.slice(0, -2), depth)];
  if (type.endsWith('{}')) return { key: goodValue(type.slice(0, -2), depth) };
  if (Object.hasOwn(scalars, type)) return scalars[type];
  const [first] = fieldsOfPodType(type);
  return first === undefined || depth > 5 ? {} : { [first[0]]: goodValue(first[1], depth + 1) };
}

/** A value of a wrong type. */
export function badValue(type: string): unknown {
  return ['text', 'quantity', 'intOrText'].includes(type) ? [true] : 'wrong';
}

const scalars: Readonly<Record<string, unknown>> = { flag: true, int: 30, intOrText: 'http', quantity: '1Gi', text: 'some' };
