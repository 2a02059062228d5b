/** A rule in CEL that the API server checks, as it stands in a CustomResourceDefinition. */
export interface ValidationRule {
  readonly rule: string;
  /** What a person reads when the rule does not hold. */
  readonly message: string;
  /** The field to blame, relative to the schema that carries the rule, e.g. `.spec.env`. */
  readonly fieldPath?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
}

export type ScalarType = 'string' | 'integer' | 'number' | 'boolean';

/** The parts of a schema that only judge a value: all that may stand in a branch of `allOf`, `anyOf` and `oneOf`. */
export interface ValueValidation {
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
}

/**
 * A schema in the form that Kubernetes asks of a CustomResourceDefinition: every value has one type, named outside of
 * any `allOf`, `anyOf` or `oneOf` (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema).
 */
export interface StructuralSchema extends ValueValidation {
  readonly description?: string;
  readonly type?: ScalarType | 'object' | 'array';
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema;
  readonly allOf?: readonly ValueValidation[];
  readonly anyOf?: readonly ValueValidation[];
  readonly oneOf?: readonly ValueValidation[];
  readonly 'x-kubernetes-int-or-string'?: true;
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-embedded-resource'?: true;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}
