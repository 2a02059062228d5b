/**
 * Whether an artifact's path fits a search query. As the real service does it: the query is for the whole path, and `*`
 * or `**` stands for any text, slashes too; so `dist/*` finds everything below dist, and a query with a further slash only
 * what lies in folders below it (buildkite/agent issue 1087). `?` stands for one character.
 */
export function matchesArtifactQuery(query: string, path: string): boolean {
  const source = query.replaceAll(/\*+|\?|[\\^$.|+()[\]{}]/g, token => {
    if (token.startsWith('*')) return '.*';
    return token === '?' ? '.' : `\\${token}`;
  });
  return new RegExp(`^${source}$`, 's').test(normalise(path));
}

/** Agents on Windows write `\` between folders. */
function normalise(path: string): string {
  return path.replaceAll('\\', '/');
}
