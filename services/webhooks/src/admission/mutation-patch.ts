import type { EnvironmentDefaults } from '@buildkite-operator/config';
import { buildEnvironmentSpec } from '@buildkite-operator/crds';
import { z } from 'zod';
import type { AdmissionRequest } from '../server/admission-review.ts';
import { type JsonPatchOperation, jsonPatch } from './json-patch.ts';
import { mutateBuildEnvironment } from './mutate-build-environment.ts';

/** What the mutation reads of an object whose name, before it is stored, may still be unset. */
const draftSchema = z.object({
  metadata: z.looseObject({
    name: z.string().default(''),
    annotations: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
  }),
  spec: buildEnvironmentSpec,
});

/** The changes with which a BuildEnvironment is stored. One that keeps to no schema is left as it is: validation refuses it. */
export function mutationPatch(request: AdmissionRequest, defaults: EnvironmentDefaults): JsonPatchOperation[] {
  const { operation, object, subResource = '' } = request;
  if (subResource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return [];
  const parsed = draftSchema.safeParse(object);
  if (!parsed.success || parsed.data.metadata.deletionTimestamp !== undefined) return [];
  const { metadata, spec } = parsed.data;
  return jsonPatch(spec, mutateBuildEnvironment({ name: metadata.name, annotations: metadata.annotations, spec }, defaults), '/spec');
}
