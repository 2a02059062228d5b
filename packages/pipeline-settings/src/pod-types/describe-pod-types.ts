import * as models from '@kubernetes/client-node';

/** Types of Kubernetes that hold a pod's spec together, each as `field:type field:type …`, from the client library's own description. */
export function describePodTypes(): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  const pending = ['V1PodSpec'];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const fields = fieldsOf(name);
    if (fields === undefined || found.has(shortName(name))) continue;
    found.set(shortName(name), fields.map(([field, type]) => `${field}:${notation(name, field, type)}`).join(' '));
    pending.push(...fields.map(([, type]) => elementOf(type)));
  }
  return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

function fieldsOf(name: string): (readonly [field: string, type: string])[] | undefined {
  const model: unknown = Reflect.get(models, name);
  if (typeof model !== 'function' || !('getAttributeTypeMap' in model) || typeof model.getAttributeTypeMap !== 'function') return undefined;
  const attributes = model.getAttributeTypeMap() as readonly Attribute[];
  return attributes.map(({ baseName, type }) => [baseName, type]);
}

const list = /^Array<(.+)>$/;
const map = /^\{ \[key: string\]: (.+); \}$/;

function elementOf(type: string): string {
  return list.exec(type)?.[1] ?? map.exec(type)?.[1] ?? type;
}

/** The library calls quantities texts; Kubernetes takes numbers for them as well. */
const quantityFields = /^(limits|requests|overhead|sizeLimit|divisor)$/;

const words: Readonly<Record<string, string>> = { number: 'int', string: 'text', boolean: 'flag', IntOrString: 'intOrText', Date: 'text' };

function notation(owner: string, field: string, type: string): string {
  const element = elementOf(type);
  const word = element === 'string' && quantityFields.test(field) && owner !== 'CoreV1ResourceClaim' ? 'quantity' : words[element];
  const ending = list.test(type) ? '[]' : map.test(type) ? '{}' : '';
  return `${word ?? shortName(element)}${ending}`;
}

function shortName(name: string): string {
  return name.replace(/^V1/, '');
}
