import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { customResourceDefinition, type KindDefinition } from './custom-resource-definition.ts';
import { toStructuralSchema } from './structural.ts';

const definition: KindDefinition = {
  kind: 'Sample',
  plural: 'samples',
  shortNames: ['sa'],
  categories: ['all'],
  description: 'A sample.',
  spec: toStructuralSchema(z.object({ size: z.int32(), namespace: z.string().optional(), stop: z.boolean().optional() })),
  status: toStructuralSchema(z.object({ pod: z.string().optional() })),
  rules: [{ rule: 'self.spec.size > 0', message: 'size must be above 0' }],
  immutableOnce: { statusField: 'pod', except: ['stop'], because: 'it runs' },
  printerColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'Its size.' }],
};

describe('the CustomResourceDefinition of a kind', () => {
  const [version] = customResourceDefinition(definition).spec.versions;
  const { openAPIV3Schema: schema } = version.schema;

  it('is named after plural and group, and carries all names', () => {
    const { metadata, spec } = customResourceDefinition(definition);
    expect(metadata.name).toBe('samples.buildkite-operator.io');
    expect(spec).toMatchObject({
      group: 'buildkite-operator.io',
      scope: 'Namespaced',
      names: { kind: 'Sample', listKind: 'SampleList', plural: 'samples', singular: 'sample', shortNames: ['sa'], categories: ['all'] },
    });
  });

  it('requires a spec, has a status subresource and the columns', () => {
    expect(schema).toMatchObject({
      description: 'A sample.',
      required: ['spec'],
      properties: { spec: definition.spec, status: definition.status },
    });
    expect(version).toMatchObject({ name: 'v1alpha1', subresources: { status: {} }, additionalPrinterColumns: definition.printerColumns });
  });

  it('has no status subresource where the kind has no status', () => {
    const { status: _status, ...withoutStatus } = definition;
    const [bare] = customResourceDefinition(withoutStatus).spec.versions;
    expect(bare).not.toHaveProperty('subresources');
    expect(bare.schema.openAPIV3Schema.properties).not.toHaveProperty('status');
  });

  it('fixes each field of the spec but the excepted ones, blaming the field', () => {
    expect(schema['x-kubernetes-validations']).toEqual([
      { rule: 'self.spec.size > 0', message: 'size must be above 0' },
      {
        rule: '!has(oldSelf.status) || !has(oldSelf.status.pod) || (has(self.spec.size) == has(oldSelf.spec.size) && (!has(self.spec.size) || self.spec.size == oldSelf.spec.size))',
        message: 'spec.size cannot change any more: it runs',
        fieldPath: '.spec.size',
        reason: 'FieldValueForbidden',
      },
      expect.objectContaining({ rule: expect.stringContaining('has(self.spec.__namespace__)'), fieldPath: '.spec.namespace' }),
    ]);
  });
});
