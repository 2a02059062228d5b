/** What a BuildJob may ask for beyond its BuildEnvironments, which are the platform's own and free. Names are globs, where * stands for any characters. */
export interface Policy {
  /** Privileged containers, added capabilities, privilege escalation, an unmasked /proc, unconfined seccomp or AppArmor. */
  readonly privileged: boolean;
  /** Folders of the node that hostPath volumes may be, or lie in. */
  readonly hostPaths: readonly string[];
  /** The node's network, processes, IPC or users, and ports of the node. */
  readonly hostNamespaces: boolean;
  /** Service accounts besides the environment's. */
  readonly serviceAccounts: readonly string[];
  readonly priorityClasses: readonly string[];
  readonly runtimeClasses: readonly string[];
  /** Whether podPatch may be used at all. */
  readonly podPatch: boolean;
  /** An environment that some rule names may be used only where one of the rules that name it matches pipeline and namespace. */
  readonly environments: readonly EnvironmentRule[];
}

/** Who may use some environments. */
export interface EnvironmentRule {
  readonly environments: readonly string[];
  readonly pipelines: readonly string[];
  readonly namespaces: readonly string[];
}

/** Whether one of the globs matches the whole name. */
export function matchesAny(globs: readonly string[], name: string): boolean {
  return globs.some(glob => matches(glob.split('*'), name));
}

/** The parts must follow one another, the first at the beginning and the last at the end; no pattern makes this slow. */
function matches(parts: readonly string[], name: string): boolean {
  const [first = '', ...others] = parts;
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/** Whether a folder of the node is one of these, or lies in one. */
export function liesInAny(folders: readonly string[], path: string): boolean {
  if (!path.startsWith('/') || path.split('/').includes('..')) return false;
  const inside = segments(path);
  return folders.some(folder => segments(folder).every((segment, index) => inside[index] === segment));
}

function segments(path: string): string[] {
  return path.split('/').filter(segment => segment !== '' && segment !== '.');
}
