import { celField } from './cel-field.ts';
import type { StructuralSchema, ValidationRule } from './structural-schema.ts';

/** A spec that becomes fixed. */
export interface ImmutableOnce {
  /** The field of the status that, once set, fixes the spec. */
  readonly statusField: string;
  /** Fields of the spec that stay free. */
  readonly except: readonly string[];
  /** Ends the sentence "spec.x cannot change any more: …". */
  readonly because: string;
}

/**
 * Rules for the root of a kind by which no field of its spec changes any more once a field of its status is set.
 * One rule a field, so that the refusal names the field. Written with `has()`: the cost of comparing optionals (`.?field`)
 * is estimated without the field's bounds, and so refused.
 */
export function immutabilityRules(spec: StructuralSchema, { statusField, except, because }: ImmutableOnce): readonly ValidationRule[] {
  const fixed = Object.keys(spec.properties ?? {}).filter(name => !except.includes(name));
  return fixed.map(name => {
    const [now, before] = [`self.spec.${celField(name)}`, `oldSelf.spec.${celField(name)}`];
    const same = `has(${now}) == has(${before}) && (!has(${now}) || ${now} == ${before})`;
    return {
      rule: `!has(oldSelf.status) || !has(oldSelf.status.${celField(statusField)}) || (${same})`,
      message: `spec.${name} cannot change any more: ${because}`,
      fieldPath: `.spec.${name}`,
      reason: 'FieldValueForbidden',
    };
  });
}
