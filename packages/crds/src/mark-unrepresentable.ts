import { describeIssues } from '@buildkite-operator/service';
import { z } from 'zod';
import { celString } from './cel-field.ts';
import type { ValidationRule } from './structural-schema.ts';

/** Where a fault is left in the JSON Schema, so that the structural pass can report it with the field's full path. */
export const faultKey = 'x-build-fault';
/** The same for a check that is fine if the schema's meta restates it for the API server. */
export const lostCheckKey = 'x-build-lost-check';
/** Rules in CEL for the keys of a record, for which a structural schema has no place. */
export const keyRulesKey = 'x-build-key-rules';

/** zod writes these as `{}`, which would accept anything. */
const lostTypes: Readonly<Record<string, string>> = {
  bigint: 'use z.int(), which becomes a 64-bit integer',
  date: 'use z.iso.datetime()',
  map: 'use z.record()',
  never: 'leave the field out',
  set: 'use z.array() with meta x-kubernetes-list-type: set',
  tuple: 'use an object with a field per part',
};
const notJson = new Set(['symbol', 'undefined', 'void', 'nan', 'function', 'file']);

/** The `override` hook of `z.toJSONSchema`: marks what zod checks and its JSON Schema would silently lose. */
export function markUnrepresentable({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: object }): void {
  const fault = findFault(zodSchema);
  if (fault !== undefined) Reflect.set(jsonSchema, faultKey, fault);
  const lost = findLostCheck(zodSchema);
  if (lost !== undefined) Reflect.set(jsonSchema, lostCheckKey, lost);
  const { def } = zodSchema._zod;
  if (def.type === 'record')
    Reflect.set(jsonSchema, keyRulesKey, keyRules(z.toJSONSchema(def.keyType, { target: 'openapi-3.0', io: 'input' })));
}

function keyRules(keys: z.core.JSONSchema.BaseSchema): readonly ValidationRule[] {
  const { minLength, maxLength, pattern, enum: names } = keys;
  const rules: [string, string][] = [];
  if (names !== undefined)
    rules.push([`key in [${names.map(name => celString(String(name))).join(', ')}]`, `keys are ${names.join(', ')}`]);
  if (minLength !== undefined) rules.push([`key.size() >= ${minLength}`, `a key has at least ${minLength} characters`]);
  if (maxLength !== undefined) rules.push([`key.size() <= ${maxLength}`, `a key has at most ${maxLength} characters`]);
  if (pattern !== undefined) rules.push([`key.matches(${celString(pattern)})`, `a key matches ${pattern}`]);
  return rules.map(([rule, message]) => ({ rule: `self.all(key, ${rule})`, message }));
}

function findFault({ _zod: { def } }: z.core.$ZodTypes): string | undefined {
  const instead = lostTypes[def.type];
  if (instead !== undefined) return `z.${def.type}() has no structural form: ${instead}`;
  if (notJson.has(def.type)) return `z.${def.type}() stands for something that JSON cannot hold`;
  if (def.type === 'default' || def.type === 'prefault') return findDefaultFault(def.innerType, def.defaultValue);
  const flagged = (def.checks ?? []).map(patternOf).find(pattern => pattern !== undefined && /[ims]/.test(pattern.flags));
  return flagged === undefined ? undefined : `the flags of ${String(flagged)} are lost in the CRD: write the pattern without them`;
}

function findLostCheck({ _zod: { def } }: z.core.$ZodTypes): string | undefined {
  if (def.type !== 'custom' && (def.checks ?? []).some(check => check._zod.def.check === 'custom')) {
    return 'a refinement is lost in the CRD: restate it in meta x-kubernetes-validations';
  }
  return undefined;
}

function patternOf(check: z.core.$ZodCheck): RegExp | undefined {
  const pattern: unknown = Reflect.get(check._zod.def, 'pattern');
  return pattern instanceof RegExp ? pattern : undefined;
}

/** zod does not check its own `default`, the API server does. */
function findDefaultFault(inner: z.core.$ZodType, value: unknown): string | undefined {
  const parsed = z.safeParse(inner, value);
  return parsed.success ? undefined : `the default breaks its own schema:\n${describeIssues(parsed.error, value)}`;
}
