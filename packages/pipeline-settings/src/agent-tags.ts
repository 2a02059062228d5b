import type { ReportSettings } from './settings-problem.ts';

/** Tag by which a step chooses a resource class. */
export const resourceClassTag = 'resource_class';

/**
 * The tags that a step asks for under `agents:`, from rules like `queue=builders`. A rule without `=` is a tag with an empty value; of
 * several rules for one tag the last counts. Reports rules that no agent could carry.
 */
export function agentTagsOf(rules: readonly string[], report: ReportSettings): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const rule of rules) {
    const [tag = '', ...rest] = rule.split('=');
    const value = rest.join('=');
    if (tag === '') report({ block: 'agents', path: '', value: rule, problem: 'must be a tag and its value, like queue=builders' });
    else if (rule.includes(','))
      report({ block: 'agents', path: tag, value, problem: 'must be without a comma, which separates the tags of an agent' });
    else tags.set(tag, value);
  }
  return tags;
}
