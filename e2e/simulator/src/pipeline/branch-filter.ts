/**
 * Whether a branch passes a `branches` filter: patterns apart by spaces, `*` for any text, `!` for not. With only
 * negative patterns every other branch passes.
 */
export function matchesBranchFilter(filter: string, branch: string): boolean {
  const patterns = filter.split(/\s+/).filter(pattern => pattern !== '');
  const excluded = patterns.filter(pattern => pattern.startsWith('!')).map(pattern => pattern.slice(1));
  const included = patterns.filter(pattern => !pattern.startsWith('!'));
  if (excluded.some(pattern => matches(pattern, branch))) return false;
  return included.length === 0 || included.some(pattern => matches(pattern, branch));
}

function matches(pattern: string, branch: string): boolean {
  const source = pattern
    .split('*')
    .map(part => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`).test(branch);
}
