const publicRegistry = 'docker.io';

/**
 * The images that a Dockerfile starts from, by their full names and without repeats. `scratch`, earlier stages and
 * names with build arguments in them are left out: there is nothing to provide for them.
 */
export function baseImages(dockerfile: string): string[] {
  const stages = new Set(['scratch']);
  const found = new Set<string>();
  for (const line of dockerfile.split('\n')) {
    const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/i.exec(line);
    const name = from?.[1];
    if (name === undefined) continue;
    if (!stages.has(name.toLowerCase()) && !name.includes('$')) found.add(fullImageName(name));
    if (from?.[2] !== undefined) stages.add(from[2].toLowerCase());
  }
  return [...found];
}

/** `node:24` → `docker.io/library/node:24`, by the rules that Docker has for short names. */
export function fullImageName(name: string): string {
  const [first = '', ...rest] = name.split('/');
  const hasRegistry = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
  if (hasRegistry) return withTag(name);
  return withTag(rest.length > 0 ? `${publicRegistry}/${name}` : `${publicRegistry}/library/${name}`);
}

function withTag(name: string): string {
  return /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
}
