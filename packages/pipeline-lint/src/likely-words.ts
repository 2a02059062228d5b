import { pipelineSchema } from './schema/pipeline-schema.ts';

/** Words that some rule takes where it would not take most others: a size, a path, names that the operator's own containers have. */
const kinds = ['1', '/a', '1Gi', 'a/b', 'a=b', 'container-0', 'agent', 'checkout', 'Always', 'Never', ''];

let words: readonly string[] | undefined;

/** What a variable may hold, a word of each kind that a setting may have: every word of a closed list among them. */
export function likelyWords(): readonly string[] {
  words ??= [...new Set([...kinds, ...closedWords(pipelineSchema())])];
  return words;
}

function closedWords(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(closedWords);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, part]) =>
    name === 'enum' && Array.isArray(part) ? part.filter(word => typeof word === 'string') : closedWords(part),
  );
}
