import { type ImmutableOnce, immutabilityRules } from './immutability-rules.ts';
import { apiGroup, apiVersion, apiVersionName } from './resource-names.ts';
import type { StructuralSchema, ValidationRule } from './structural-schema.ts';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** Above 0, the column shows with `-o wide` only. */
  readonly priority?: number;
}

/** All that makes a kind. */
export interface KindDefinition {
  readonly kind: string;
  /** As in URLs, for example `buildjobs`. */
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** What the kind is for, as `kubectl explain` shows it. */
  readonly description: string;
  readonly spec: StructuralSchema;
  /** Only its presence makes a `/status` subresource. */
  readonly status?: StructuralSchema;
  /** Rules over the whole object; `self` is the object. */
  readonly rules: readonly ValidationRule[];
  /** When the spec becomes fixed, if ever. */
  readonly immutableOnce?: ImmutableOnce;
  readonly printerColumns: readonly PrinterColumn[];
}

/** The part of `apiextensions.k8s.io/v1` that is used here. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced';
    readonly names: Readonly<
      Record<'kind' | 'listKind' | 'plural' | 'singular', string> & Record<'shortNames' | 'categories', readonly string[]>
    >;
    readonly versions: readonly [
      {
        readonly name: string;
        readonly served: true;
        readonly storage: true;
        readonly schema: { readonly openAPIV3Schema: StructuralSchema };
        readonly subresources?: { readonly status: Readonly<Record<string, never>> };
        readonly additionalPrinterColumns: readonly PrinterColumn[];
      },
    ];
  };
}

/** The CustomResourceDefinition of a kind, ready to be applied. */
export function customResourceDefinition(definition: KindDefinition): CustomResourceDefinition {
  const { kind, plural, shortNames, categories, printerColumns } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${apiGroup}` },
    spec: {
      group: apiGroup,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames, categories },
      versions: [
        {
          name: apiVersionName,
          served: true,
          storage: true,
          ...(definition.status === undefined ? {} : { subresources: { status: {} } }),
          additionalPrinterColumns: printerColumns,
          schema: { openAPIV3Schema: objectSchema(definition) },
        },
      ],
    },
  };
}

function objectSchema({ description, spec, status, rules: ownRules, immutableOnce }: KindDefinition): StructuralSchema {
  const rules = [...ownRules, ...(immutableOnce === undefined ? [] : immutabilityRules(spec, immutableOnce))];
  return {
    description,
    type: 'object',
    required: ['spec'],
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
    properties: {
      apiVersion: { type: 'string', description: `The version of the kind's schema: ${apiVersion}.` },
      kind: { type: 'string', description: 'The kind of the object.' },
      // Named so that a rule may blame it; the API server allows no more of the metadata here.
      metadata: { type: 'object', properties: { name: { type: 'string' } } },
      spec,
      ...(status === undefined ? {} : { status }),
    },
  };
}
