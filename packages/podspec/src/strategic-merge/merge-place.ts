import { mergeRules } from './merge-keys.ts';
import type { MergeRule } from './merge-rule.ts';
import { StrategicMergeError } from './strategic-merge-error.ts';

/** Where in the patch the merge stands, and by which rules. */
export interface MergePlace {
  /** Field path for messages. */
  readonly at: string;
  /** The node of the table that rules here; undefined where nothing merges by key. */
  readonly node: string | undefined;
  readonly depth: number;
}

const noRule: MergeRule = {};
const maxDepth = 100;

/** The place of an object's field, and the rule for it. */
export function fieldPlace(place: MergePlace, name: string): { place: MergePlace; rule: MergeRule } {
  const rules = place.node !== undefined && Object.hasOwn(mergeRules, place.node) ? mergeRules[place.node as keyof typeof mergeRules] : {};
  const rule = Object.hasOwn(rules, name) ? ((rules as Record<string, MergeRule>)[name] ?? noRule) : noRule;
  return { place: deeper(place, joinField(place.at, name), rule.of), rule };
}

/** The place of a list's item; the list's place knows the rules of its items. */
export function itemPlace(list: MergePlace, index: number): MergePlace {
  return deeper(list, `${list.at}[${index}]`, list.node);
}

/** The place of a list's directive, `$directive/<list>` beside the list. */
export function directivePlace(list: MergePlace, directive: string): MergePlace {
  const [, parent = '', name = ''] = /^(.*\.)?([^.]*)$/s.exec(list.at) ?? [];
  return { ...list, at: `${parent}${directive}/${name}` };
}

/** A field's path as Kubernetes writes it: `a.b`, and `a[b/c]` for names that are no identifiers. Directives are dotted too. */
export function joinField(at: string, name: string): string {
  if (!/^(?:\$.*|[\w-]+)$/s.test(name)) return `${at}[${name}]`;
  return at === '' ? name : `${at}.${name}`;
}

function deeper(from: MergePlace, at: string, node: string | undefined): MergePlace {
  if (from.depth === maxDepth) {
    throw new StrategicMergeError('TooDeep', {
      field: from.at,
      value: null,
      problem: `nested more than ${maxDepth} levels deep`,
      remedy: 'no field of a pod is; check the indentation',
    });
  }
  return { at, node, depth: from.depth + 1 };
}
