import { PipelineError } from './pipeline-error.ts';

/** A word of a condition. */
export type ConditionToken =
  | { readonly kind: 'string' | 'number' | 'name' | 'operator'; readonly text: string }
  | { readonly kind: 'regex'; readonly text: string; readonly flags: string };

const patterns = [
  { kind: 'string', pattern: /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/y },
  { kind: 'regex', pattern: /\/((?:[^/\\]|\\.)+)\/([im]*)/y },
  { kind: 'number', pattern: /-?\d+/y },
  { kind: 'name', pattern: /[A-Za-z_][\w.]*/y },
  { kind: 'operator', pattern: /==|!=|=~|!~|&&|\|\||[!()]/y },
] as const;

const space = /\s*/y;

/** Cuts a condition into words. Throws a PipelineError at the first character that begins none. */
export function tokenizeCondition(text: string): ConditionToken[] {
  const tokens: ConditionToken[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const { token, end } = readToken(text, at);
    tokens.push(token);
    at = skipSpace(text, end);
  }
  return tokens;
}

function skipSpace(text: string, at: number): number {
  space.lastIndex = at;
  space.exec(text);
  return space.lastIndex;
}

function readToken(text: string, at: number): { token: ConditionToken; end: number } {
  for (const { kind, pattern } of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) continue;
    const end = pattern.lastIndex;
    if (kind === 'regex') return { token: { kind, text: match[1] ?? '', flags: match[2] ?? '' }, end };
    if (kind === 'string') return { token: { kind, text: (match[1] ?? match[2] ?? '').replaceAll(/\\(.)/g, '$1') }, end };
    return { token: { kind, text: match[0] }, end };
  }
  throw new PipelineError(
    'if',
    `${JSON.stringify(text)} does not expect ${JSON.stringify(text.slice(at, at + 10))} at character ${at + 1}`,
  );
}
