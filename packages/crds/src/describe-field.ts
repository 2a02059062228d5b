import { dnsLabel, dnsSubdomain } from './pod-parts.ts';
import { toStructuralSchema } from './structural.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** The type of a field in words: `list of strings`, `object, passed on as it is`. */
export function describeType(schema: StructuralSchema): string {
  if (schema['x-kubernetes-int-or-string']) return 'integer or string';
  if (schema.items !== undefined) return `list of ${describeEntries(schema.items)}`;
  if (schema.additionalProperties !== undefined) return `map of ${describeEntries(schema.additionalProperties)}`;
  if (schema['x-kubernetes-preserve-unknown-fields'] && schema.properties === undefined) {
    return schema.type === 'object' ? 'object, passed on as it is' : 'anything';
  }
  return schema.format === 'date-time' ? 'time (RFC 3339)' : (schema.type ?? 'anything');
}

function describeEntries(schema: StructuralSchema): string {
  return describeType(schema).replace(/^\w+( or \w+)?/, nouns =>
    nouns === 'anything' ? nouns : nouns.replaceAll(/\b(?!or\b)\w+/g, '$&s'),
  );
}

/** What a value of the field must keep to, one phrase a rule. */
export function describeBounds(schema: StructuralSchema): readonly string[] {
  return [
    ...(schema.enum === undefined ? [] : [`one of ${schema.enum.map(value => `\`${String(value)}\``).join(', ')}`]),
    ...range(minimumOf(schema), maximumOf(schema), ''),
    ...range(schema.minLength, schema.maxLength, ' characters'),
    ...range(schema.minItems, schema.maxItems, ' entries'),
    ...range(schema.minProperties, schema.maxProperties, ' entries'),
    ...(schema.multipleOf === undefined ? [] : [`a multiple of ${schema.multipleOf}`]),
    ...[schema, ...(schema.allOf ?? [])].flatMap(({ pattern }) => (pattern === undefined ? [] : [describePattern(pattern)])),
    ...uniqueness(schema),
  ];
}

const names = new Map([
  [
    toStructuralSchema(dnsLabel).pattern,
    'lower-case letters, digits and `-`, beginning and ending with a letter or digit (RFC 1123 label)',
  ],
  [toStructuralSchema(dnsSubdomain).pattern, 'the name of a Kubernetes object (RFC 1123 subdomain)'],
]);

function describePattern(pattern: string): string {
  return names.get(pattern) ?? `matches \`${pattern}\``;
}

/** The limits of 32 bits are the machine's, no rule worth reading. */
function minimumOf({ minimum, exclusiveMinimum }: StructuralSchema): number | string | undefined {
  if (minimum === -(2 ** 31)) return undefined;
  return minimum !== undefined && exclusiveMinimum === true ? `more than ${minimum}` : minimum;
}

function maximumOf({ maximum, exclusiveMaximum }: StructuralSchema): number | string | undefined {
  if (maximum === 2 ** 31 - 1) return undefined;
  return maximum !== undefined && exclusiveMaximum === true ? `less than ${maximum}` : maximum;
}

function range(lowest: number | string | undefined, highest: number | string | undefined, unit: string): readonly string[] {
  if (lowest !== undefined && highest !== undefined) return [lowest === highest ? `${lowest}${unit}` : `${lowest} to ${highest}${unit}`];
  if (lowest !== undefined) return [typeof lowest === 'string' ? lowest : `at least ${lowest}${unit}`];
  if (highest !== undefined) return [typeof highest === 'string' ? highest : `at most ${highest}${unit}`];
  return [];
}

function uniqueness(schema: StructuralSchema): readonly string[] {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys !== undefined) return [`each ${keys.join(' and ')} once`];
  return schema['x-kubernetes-list-type'] === 'set' ? ['each entry once'] : [];
}
