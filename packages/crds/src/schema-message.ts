import type { z } from 'zod';

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

type Messages = { readonly [Code in RawIssue['code']]: (issue: Extract<RawIssue, { readonly code: Code }>) => string | undefined };

const messages: Messages = {
  invalid_type: ({ input, expected }) => (input === undefined ? `is required: give ${nounOf(expected)}` : `must be ${nounOf(expected)}`),
  too_small: ({ origin, minimum }) => withUnit(origin, `at least ${minimum}`),
  too_big: ({ origin, maximum }) => withUnit(origin, `at most ${maximum}`),
  not_multiple_of: ({ divisor }) => `must be a multiple of ${divisor}`,
  invalid_value: ({ values }) => `must be ${values.length === 1 ? '' : 'one of '}${values.map(String).join(', ')}`,
  invalid_format: ({ pattern, format }) => (pattern === undefined ? `must be a valid ${format}` : `must match ${pattern}`),
  invalid_union: ({ errors }) => `must be ${choicesOf(errors).join(' or ')}`,
  invalid_key: ({ issues }) => `has a key that is not allowed: ${issues.map(({ message }) => message).join(', ')}`,
  invalid_element: () => undefined,
  unrecognized_keys: () => undefined,
  custom: () => undefined,
};

/** What an issue means for the author of the object: what the value must be. A schema's own message goes before this one. */
export function schemaMessage(issue: RawIssue): string | undefined {
  const message = messages[issue.code] as (issue: RawIssue) => string | undefined;
  return message(issue);
}

const nouns: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
};

function nounOf(type: string): string {
  return nouns[type] ?? type;
}

const units: Readonly<Record<string, string>> = { array: 'entries', string: 'characters' };

function withUnit(origin: string, limit: string): string {
  const unit = units[origin];
  return unit === undefined ? `must be ${limit}` : `must have ${limit} ${unit}`;
}

function choicesOf(errors: readonly (readonly z.core.$ZodIssue[])[]): readonly string[] {
  const expected = errors.flat().flatMap(issue => (issue.code === 'invalid_type' ? [nounOf(issue.expected)] : []));
  return expected.length === 0 ? ['one of the allowed forms'] : [...new Set(expected)];
}
