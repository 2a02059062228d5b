import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** A real git repository on this machine, which the git servers serve. */
export interface GitRepository {
  /** Name under the servers' root, without `.git`. */
  readonly name: string;
  /** The newest commit of `main`. */
  readonly commit: string;
}

const identity = {
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
};

/** Makes a bare repository `<root>/<name>.git` with one commit of these files on `main`. Files whose content begins with `#!` are executable. */
export async function createRepository(root: string, name: string, files: Readonly<Record<string, string>>): Promise<GitRepository> {
  const bare = join(root, `${name}.git`);
  const work = join(root, `.work-${name}`);
  const git = async (...args: string[]) =>
    (await execa('git', ['-C', work, ...args], { env: { ...identity, GIT_CONFIG_GLOBAL: '/dev/null' } })).stdout;
  mkdirSync(work, { recursive: true });
  await git('init', '--quiet', '--initial-branch=main');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
  }
  await git('add', '--all');
  await git('commit', '--quiet', '--message', `Files of ${name}`);
  const commit = (await git('rev-parse', 'HEAD')).trim();
  await execa('git', ['clone', '--quiet', '--bare', work, bare]);
  await execa('git', ['-C', bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true']);
  return { name, commit };
}
