import { glob, readFile } from 'node:fs/promises';
import { ImageError } from './image-error.ts';

/** Where Debian's packages are fetched from. */
export interface AptMirrors {
  readonly main: string;
  readonly security: string;
}

/**
 * The mirrors that apt's own configuration names, in either of its two formats. Where it names none for security, that of the packages
 * serves, in the folder beside. Throws an ImageError where it names none at all.
 * A mirror counts as Debian's by its suite and its component `main`, one with the usual path before any other, since other
 * people's packages borrow both names.
 */
export function aptMirrors(sources: string): AptMirrors {
  const entries = [...stanzas(sources), ...lines(sources)].filter(({ components }) => components.includes('main'));
  const choose = (isWanted: (suite: string) => boolean, usualPath: RegExp) => {
    const found = entries.filter(({ suites }) => suites.some(isWanted)).map(({ uri }) => uri);
    return found.find(uri => usualPath.test(uri)) ?? found[0];
  };
  const main = choose(suite => debianSuites.has(suite), /\/debian\/?$/);
  if (main === undefined) {
    throw new ImageError('missing-input', 'apt has no Debian mirror: add one to /etc/apt/sources.list.d, with the component main');
  }
  const security = choose(suite => /^[a-z]+-security$/.test(suite), /\/debian-security\/?$/);
  return { main, security: security ?? `${main.replace(/\/$/, '')}-security` };
}

/** The same for this machine. */
export async function machineAptMirrors(): Promise<AptMirrors> {
  const texts: string[] = [];
  for await (const path of glob('/etc/apt/{sources.list,sources.list.d/*.{list,sources}}')) texts.push(await readFile(path, 'utf8'));
  return aptMirrors(texts.join('\n\n'));
}

interface Entry {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

const debianSuites = new Set(['bookworm', 'trixie', 'forky', 'stable', 'oldstable', 'testing', 'sid', 'unstable']);

function stanzas(sources: string): Entry[] {
  return sources.split(/\n\s*\n/).flatMap(stanza => {
    const field = (name: string) =>
      new RegExp(`^${name}:\\s*(.*)$`, 'im')
        .exec(stanza)?.[1]
        ?.split(/\s+/)
        .filter(word => word !== '');
    const [uri, suites, components] = [field('URIs')?.[0], field('Suites'), field('Components')];
    if (uri === undefined || suites === undefined || !(field('Types') ?? []).includes('deb')) return [];
    return [{ uri, suites, components: components ?? [] }];
  });
}

function lines(sources: string): Entry[] {
  return sources.split('\n').flatMap(line => {
    const [, uri, suite, components] = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (uri === undefined || suite === undefined || components === undefined) return [];
    return [{ uri, suites: [suite], components: components.split(/\s+/) }];
  });
}
