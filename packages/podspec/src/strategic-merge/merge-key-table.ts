import { z } from 'zod';
import type { MergeRule, MergeRules } from './merge-rule.ts';

const reference = z.object({ $ref: z.string().optional() });
const openApi = z.object({
  info: z.object({ version: z.string() }),
  definitions: z.record(
    z.string(),
    z.object({
      properties: z
        .record(
          z.string(),
          reference.extend({
            type: z.string().optional(),
            items: reference.optional(),
            additionalProperties: z.union([reference, z.boolean()]).optional(),
            'x-kubernetes-patch-strategy': z.string().optional(),
            'x-kubernetes-patch-merge-key': z.string().optional(),
          }),
        )
        .optional(),
    }),
  ),
});

type Definitions = z.infer<typeof openApi>['definitions'];
type Property = NonNullable<Definitions[string]['properties']>[string];

/** The rules of every node at or below a root, by the node's short name. */
export interface MergeKeyTable {
  /** The version of Kubernetes that said so, e.g. `1.35`. */
  readonly version: string;
  readonly nodes: Readonly<Record<string, MergeRules>>;
}

/**
 * Reads the merge rules off the API server's `/openapi/v2`, for all that is reachable from a definition. Nodes with nothing
 * that merges by key, at any depth, are left out. Throws when the document has a strategy that the merge does not know.
 */
export function mergeKeyTable(document: unknown, root: string): MergeKeyTable {
  const { info, definitions } = openApi.parse(document);
  const rules = new Map<string, Record<string, MergeRule>>();
  collect(definitions, root, rules);
  const bare = findBare(rules);
  const nodes = [...rules.keys()].filter(node => !bare.has(node)).sort((a, b) => (shortName(a) < shortName(b) ? -1 : 1));
  const entries = nodes.map(node => [shortName(node), describe(rules.get(node) ?? {}, bare)] as const);
  const byName = Object.fromEntries(entries);
  if (Object.keys(byName).length !== nodes.length) throw new Error(`two definitions share a short name: ${nodes.join(', ')}`);
  return { version: info.version, nodes: byName };
}

/** The table as a TypeScript module, as the formatter of this repository would write it. */
export function renderMergeKeys({ version, nodes }: MergeKeyTable): string {
  const rows = Object.entries(nodes).flatMap(([node, rules]) => [
    `  ${node}: {`,
    ...Object.entries(rules).map(([field, rule]) => `    ${field}: { ${renderRule(rule)} },`),
    '  },',
  ]);
  return [
    `// Generated from the OpenAPI document of Kubernetes ${version} by generate.ts; do not edit.`,
    "import type { MergeRules } from './merge-rule.ts';",
    '',
    '/** Which fields of a pod template merge in other ways than plain objects do, by schema node. */',
    'export const mergeRules = {',
    ...rows,
    '} as const satisfies Readonly<Record<string, MergeRules>>;',
    '',
    '/** The schema nodes with such fields in or below them. */',
    'export type MergeNode = keyof typeof mergeRules;',
    '',
  ].join('\n');
}

function renderRule(rule: MergeRule): string {
  return Object.entries(rule)
    .map(([name, value]) => `${name}: ${value === true ? 'true' : `'${value}'`}`)
    .join(', ');
}

/** Gathers the rules of a definition and of all below it, by full name. */
function collect(definitions: Definitions, node: string, rules: Map<string, Record<string, MergeRule>>): void {
  if (rules.has(node)) return;
  const own: Record<string, MergeRule> = {};
  rules.set(node, own);
  for (const [field, property] of Object.entries(definitions[node]?.properties ?? {})) {
    const of = referenced(property);
    own[field] = { ...strategyOf(property, `${node}.${field}`), ...(of !== undefined && { of }) };
    if (of !== undefined) collect(definitions, of, rules);
  }
}

function strategyOf(property: Property, field: string): MergeRule {
  const strategies = (property['x-kubernetes-patch-strategy'] ?? '').split(',').filter(Boolean);
  const key = property['x-kubernetes-patch-merge-key'];
  const unknown = strategies.filter(strategy => strategy !== 'merge' && strategy !== 'retainKeys');
  if (unknown.length > 0) throw new Error(`${field}: unknown patch strategy ${unknown.join(', ')}; teach it to strategic-merge.ts`);
  if (!strategies.includes('merge')) return {};
  if (property.type !== 'array') throw new Error(`${field}: only lists are known to merge, not ${property.type}`);
  return { ...(key === undefined ? { set: true } : { key }), ...(strategies.includes('retainKeys') && { retainKeys: true }) };
}

function referenced(property: Property): string | undefined {
  const values = typeof property.additionalProperties === 'object' ? property.additionalProperties.$ref : undefined;
  // The entries of a map have names that no table can hold; nothing in a pod needs it.
  if (values !== undefined) return undefined;
  return (property.$ref ?? property.items?.$ref)?.replace('#/definitions/', '');
}

/** The nodes below which nothing merges by key or as a set. */
function findBare(rules: ReadonlyMap<string, MergeRules>): ReadonlySet<string> {
  const bare = new Set(rules.keys());
  const matters = (rule: MergeRule) => rule.key !== undefined || rule.set === true || (rule.of !== undefined && !bare.has(rule.of));
  for (let before = -1; before !== bare.size; ) {
    before = bare.size;
    for (const node of bare) if (Object.values(rules.get(node) ?? {}).some(matters)) bare.delete(node);
  }
  return bare;
}

/** A node's own rows: fields that merge, or lead to some that do. */
function describe(rules: MergeRules, bare: ReadonlySet<string>): MergeRules {
  const rows = Object.entries(rules).map(([field, { of, ...rule }]) => {
    const below = of !== undefined && !bare.has(of) ? { of: shortName(of) } : {};
    return [field, { ...rule, ...below }] as const;
  });
  return Object.fromEntries(rows.filter(([, rule]) => Object.keys(rule).length > 0));
}

function shortName(definition: string): string {
  return definition.slice(definition.lastIndexOf('.') + 1);
}
