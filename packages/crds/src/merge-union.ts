import { isDeepStrictEqual } from 'node:util';
import { celField, celString } from './cel-field.ts';
import { SchemaBuildError } from './schema-build-error.ts';
import type { StructuralSchema, ValidationRule, ValueValidation } from './structural-schema.ts';

/**
 * One schema for a choice between several, since the API server wants one type for each value:
 * a choice of null makes the rest nullable, literals become one `enum`, text or integer becomes an int-or-string, and objects
 * become one object that has the fields of all. Which of these belong together is left to `oneOf` and to rules in CEL.
 * Throws `SchemaBuildError` for a choice that has no such form.
 */
export function mergeUnion(branches: readonly StructuralSchema[], path: string): StructuralSchema {
  const values = branches.filter(branch => !isNull(branch));
  const merged = mergeValues(values, path);
  return values.length < branches.length ? { ...merged, nullable: true } : merged;
}

function isNull(branch: StructuralSchema): boolean {
  return branch.nullable === true && branch.enum?.length === 1 && branch.enum[0] === null;
}

function mergeValues(branches: readonly StructuralSchema[], path: string): StructuralSchema {
  const [first] = branches;
  if (first !== undefined && branches.length === 1) return first;
  const types = [...new Set(branches.map(branch => branch.type ?? 'anything'))];
  if (branches.length === 2 && types.includes('integer') && types.includes('string')) return intOrString(branches);
  if (types.length > 1 || first?.type === undefined || first.type === 'array') {
    throw new SchemaBuildError(path, `a choice between ${types.join(' and ')} has no structural form: make a field of each`);
  }
  return first.type === 'object' ? mergeObjects(branches, path) : mergeScalars(first.type, branches);
}

/** Rules for texts do not judge numbers, nor the other way round, so both may stand together. */
function intOrString(branches: readonly StructuralSchema[]): StructuralSchema {
  const rules = branches.map(({ type: _type, format: _format, description: _description, ...rest }) => rest);
  return { 'x-kubernetes-int-or-string': true, ...Object.assign({}, ...rules) };
}

function mergeScalars(type: NonNullable<StructuralSchema['type']>, branches: readonly StructuralSchema[]): StructuralSchema {
  if (branches.every(branch => branch.enum !== undefined))
    return { type, enum: [...new Set(branches.flatMap(branch => branch.enum ?? []))] };
  return {
    type,
    anyOf: branches.map(({ type: _type, description: _description, default: _default, nullable: _nullable, ...rules }) => rules),
  };
}

function mergeObjects(branches: readonly StructuralSchema[], path: string): StructuralSchema {
  const discriminator = findDiscriminator(branches);
  const names = [...new Set(branches.flatMap(branch => Object.keys(branch.properties ?? {})))];
  const properties = names.map(name => [name, mergeProperty(name, name === discriminator, branches, path)] as const);
  const required = names.filter(name => branches.every(branch => branch.required?.includes(name)));
  const rules = discriminator === undefined ? sharedRules(branches, path) : discriminatedRules(discriminator, names, branches);
  const choices = branches.map(branch => choice(discriminator, branch));
  return {
    type: 'object',
    ...(branches.some(branch => branch['x-kubernetes-preserve-unknown-fields']) ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    ...(required.length === 0 ? {} : { required }),
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
    ...(discriminator === undefined ? {} : { oneOf: choices }),
    ...(discriminator === undefined && choices.every(({ required: own }) => own !== undefined) ? { anyOf: choices } : {}),
    properties: Object.fromEntries(properties),
  };
}

/** The field that every branch requires and whose literals tell the branches apart. */
function findDiscriminator(branches: readonly StructuralSchema[]): string | undefined {
  return Object.keys(branches[0]?.properties ?? {}).find(name => {
    const literals = branches.map(branch => (branch.required?.includes(name) === true ? branch.properties?.[name]?.enum : undefined));
    const all = literals.flatMap(values => values ?? []);
    return literals.every(values => values !== undefined) && new Set(all).size === all.length;
  });
}

function mergeProperty(name: string, discriminates: boolean, branches: readonly StructuralSchema[], path: string): StructuralSchema {
  const versions = branches.flatMap(branch => branch.properties?.[name] ?? []);
  const [first = {}, ...others] = versions;
  if (discriminates) {
    const description = versions.find(version => version.description !== undefined)?.description;
    return { ...first, ...(description === undefined ? {} : { description }), enum: versions.flatMap(version => version.enum ?? []) };
  }
  if (others.every(other => isDeepStrictEqual(other, first))) return first;
  throw new SchemaBuildError(`${path}.${name}`, 'the field differs between the choices: give it one schema, or another name in each');
}

function choice(discriminator: string | undefined, { required = [], properties = {} }: StructuralSchema): ValueValidation {
  const literals = discriminator === undefined ? undefined : properties[discriminator]?.enum;
  return {
    ...(required.length === 0 ? {} : { required }),
    ...(discriminator === undefined || literals === undefined ? {} : { properties: { [discriminator]: { enum: literals } } }),
  };
}

function sharedRules(branches: readonly StructuralSchema[], path: string): readonly ValidationRule[] {
  if (branches.some(branch => branch['x-kubernetes-validations'] !== undefined)) {
    throw new SchemaBuildError(path, 'a choice may have rules in CEL only if a field tells the choices apart: use z.discriminatedUnion()');
  }
  return [];
}

/** `oneOf` cannot forbid the fields of another branch, and a branch's own rules must not judge the others: CEL does both. */
function discriminatedRules(
  discriminator: string,
  names: readonly string[],
  branches: readonly StructuralSchema[],
): readonly ValidationRule[] {
  const field = `self.${celField(discriminator)}`;
  const literalsOf = (branch: StructuralSchema) => (branch.properties?.[discriminator]?.enum ?? []).map(String);
  const isOneOf = (owners: readonly StructuralSchema[]) => `${field} in [${owners.flatMap(literalsOf).map(celString).join(', ')}]`;
  const foreign = names.flatMap(name => {
    const owners = branches.filter(branch => branch.properties?.[name] !== undefined);
    if (owners.length === branches.length) return [];
    return {
      rule: `!has(self.${celField(name)}) || ${isOneOf(owners)}`,
      message: `${name} is only for ${discriminator} ${owners.flatMap(literalsOf).join(' or ')}`,
      fieldPath: `.${name}`,
    };
  });
  const own = branches.flatMap(branch =>
    (branch['x-kubernetes-validations'] ?? []).map(rule => ({ ...rule, rule: `!(${isOneOf([branch])}) || (${rule.rule})` })),
  );
  return [...foreign, ...own];
}
