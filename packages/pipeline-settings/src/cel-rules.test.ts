import { buildJobSpec } from '@buildkite-operator/crds';
import { type StructuralSchema, toStructuralSchema } from '@buildkite-operator/crds/toolkit';
import { describe, expect, it } from 'vitest';
import { celRules } from './cel-rules.ts';

function messages(schema: StructuralSchema): string[] {
  return [
    ...(schema['x-kubernetes-validations'] ?? []).map(({ message }) => message),
    ...Object.values(schema.properties ?? {}).flatMap(messages),
    ...[schema.items, schema.additionalProperties].flatMap(inner => (inner === undefined ? [] : messages(inner))),
  ];
}

describe('the rules in CEL that a job is checked by', () => {
  it("are all of those in BuildJob's schema that are not about its maps' keys, which zod checks, and no other", () => {
    const all = new Set(messages(toStructuralSchema(buildJobSpec, 'spec')));
    const known = [...celRules.keys()];
    expect(known.filter(message => !all.has(message))).toEqual([]);
    expect([...all].filter(message => !celRules.has(message) && !/^a key (has|matches) /.test(message))).toEqual([]);
  });
});
