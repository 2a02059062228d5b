// What other packages need to make schemas, messages and reference pages in the way this package does.
export { objectSections, table } from './api-reference.ts';
export { type Drift, findDrift, repairDrift } from './generated-drift.ts';
export { isObject, type JsonObject } from './json-object.ts';
export {
  additionalContainer,
  containerFields,
  dnsLabel,
  dnsSubdomain,
  imageReference,
  labelValue,
  nodePreferences,
  nodeRequirements,
  nodeSelector,
  qualifiedName,
  resourceRequirements,
  tolerations,
} from './pod-parts.ts';
export { schemaMessage } from './schema-message.ts';
export { toStructuralSchema } from './structural.ts';
export type { StructuralSchema } from './structural-schema.ts';
