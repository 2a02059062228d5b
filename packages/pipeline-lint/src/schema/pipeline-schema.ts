import { isObject, type JsonObject } from '@buildkite-operator/crds/toolkit';
import { kubernetesBlock, operatorBlock, settingsPlugins } from '@buildkite-operator/pipeline-settings';
import { z } from 'zod';

/** A text that holds a variable of the upload, or of a matrix: nobody knows yet what it will be. */
const interpolated = { type: 'string', pattern: '\\$|\\{\\{' };

/**
 * The JSON schema (draft-07) of pipelines for editors. It describes what the operator reads: the two plugin blocks, `image` and `agents`;
 * everything else of a pipeline is left open. Made from the schemas that jobs are checked by.
 */
export function pipelineSchema(): JsonObject {
  const kubernetes = blockSchema(kubernetesBlock, 'kubernetes');
  const operator = withPatch(blockSchema(operatorBlock, 'operator'), kubernetes);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Buildkite pipelines for Buildkite Operator',
    description: 'What Buildkite Operator reads of a pipeline: the plugins buildkite-operator and kubernetes, image and agents.',
    anyOf: [{ type: 'array', items: { $ref: '#/definitions/step' } }, { $ref: '#/definitions/pipeline' }],
    definitions: {
      pipeline: {
        type: 'object',
        properties: { ...stepSettings, steps: { type: ['array', 'null'], items: { $ref: '#/definitions/step' } } },
      },
      step: {
        anyOf: [
          { type: 'string' },
          {
            type: 'object',
            properties: {
              ...stepSettings,
              plugins: {
                description: 'The plugins of the step, in the order in which they are used.',
                anyOf: [
                  { type: 'array', items: { anyOf: [{ type: 'string', ...withoutVersion }, { $ref: '#/definitions/plugins' }] } },
                  { $ref: '#/definitions/plugins' },
                  { type: 'null' },
                ],
              },
              steps: { type: ['array', 'null'], items: { $ref: '#/definitions/step' } },
            },
          },
        ],
      },
      plugins: {
        type: 'object',
        propertyNames: withoutVersion,
        properties: Object.fromEntries(
          Object.entries(settingsPlugins).flatMap(([name, source]) => [
            [name, pluginReference(name)],
            [source, pluginReference(name)],
          ]),
        ),
      },
      ...operator,
      ...kubernetes,
    },
  };
}

/** With a version the plugin is refused. */
const withoutVersion = { not: { pattern: '^(github\\.com/)?(buildkite-plugins/)?(buildkite-operator|kubernetes)(-buildkite-plugin)?#' } };

const text = { type: ['string', 'number', 'boolean', 'null'] };
const stepSettings = {
  image: { type: ['string', 'null'], description: "Image that the step's command runs in." },
  agents: {
    description: 'The tags that an agent must have, queue among them; resource_class chooses the size of the pod.',
    anyOf: [
      { type: 'object', additionalProperties: text },
      { type: 'array', items: { type: 'string', pattern: '^[^=,][^,]*$' } },
      { type: 'null' },
    ],
  },
} as const;

function pluginReference(name: string): JsonObject {
  return { anyOf: [{ $ref: `#/definitions/${name === 'kubernetes' ? 'kubernetes' : 'operator'}` }, { type: 'null' }] };
}

/** BuildJob's schema leaves its patch open; what a patch of a pod may hold is known from the other block. */
function withPatch({ operator, ...parts }: JsonObject, { kubernetes }: JsonObject): JsonObject {
  const [own, other] = [operator, kubernetes].map(block => (isObject(block) && isObject(block['properties']) ? block['properties'] : {}));
  const patch = { ...(isObject(own?.['podPatch']) && own['podPatch']), ...(isObject(other?.['podSpecPatch']) && other['podSpecPatch']) };
  return { operator: { ...(isObject(operator) && operator), properties: { ...own, podPatch: patch } }, ...parts };
}

/** The definitions of a block, its own under `name`. */
function blockSchema(block: z.ZodType, name: string): JsonObject {
  const schema = z.toJSONSchema(block, { target: 'draft-7', io: 'input', unrepresentable: 'any', reused: 'ref' });
  const { $schema: _schema, definitions, ...own } = schema;
  const rename = (key: string) => `${name}-${key.replace(/^__schema/, '')}`;
  const parts = Object.entries(definitions ?? {}).map(([key, part]) => [rename(key), open(part, rename)] as const);
  return { [name]: open(own, rename), ...Object.fromEntries(parts) };
}

/** A schema as editors take it: without Kubernetes' own extensions, strict about keys, and open to variables where a text is narrow. */
function open(schema: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(schema)) return schema.map(part => open(part, rename));
  if (!isObject(schema)) return schema;
  const entries = Object.entries(schema)
    .filter(([key]) => !key.startsWith('x-') && key !== 'fieldPath')
    .map(([key, part]): [string, unknown] => {
      if (key === '$ref' && typeof part === 'string') return [key, part.replace(/__schema\d+$/, rename)];
      return [key, isObject(part) || Array.isArray(part) ? open(part, rename) : part];
    });
  const narrow = schema['type'] === 'string' && ['pattern', 'enum', 'const', 'format', 'minLength'].some(key => Object.hasOwn(schema, key));
  if (!narrow) return { ...Object.fromEntries(entries), ...closed(schema) };
  const { description, ...rest } = Object.fromEntries(entries);
  return { ...(description !== undefined && { description }), anyOf: [rest, interpolated] };
}

/** Keys that an object does not name are errors, but for the directives of a patch that name a list. */
function closed({ properties, additionalProperties }: JsonObject): JsonObject {
  if (!isObject(properties)) return {};
  return {
    ...(additionalProperties === undefined && { additionalProperties: false }),
    ...(Object.hasOwn(properties, '$patch') && {
      patternProperties: { '^\\$\\$?(patch$|retainKeys$|(setElementOrder|deleteFromPrimitiveList)/)': true },
    }),
  };
}
