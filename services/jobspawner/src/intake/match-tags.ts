import { agentTagsOf, resourceClassTag } from '@buildkite-operator/pipeline-settings';

/** What the operator carries for one queue, as an agent would. */
export interface CarriedTags {
  /** The queue's key. */
  readonly queue: string;
  readonly tags: Readonly<Record<string, string>>;
}

const anyValue = '*';

/**
 * Whether a job may run here: each tag of its step's `agents` is carried with the same value, or with any where the job asks for `*`.
 * `resource_class` chooses a size here and no place, so every class matches. Rules that no agent could carry are left to whoever makes the BuildJob:
 * the job's page then says what is wrong.
 */
export function matchesTags(rules: readonly string[], { queue, tags }: CarriedTags): boolean {
  const carried = new Map([...Object.entries(tags), ['queue', queue]]);
  return [...agentTagsOf(rules, () => undefined)].every(([tag, value]) => {
    const own = carried.get(tag);
    return tag === resourceClassTag || own === value || (own !== undefined && value === anyValue);
  });
}
