import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

const identity = {
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** A real git repository on this machine, which the git servers serve. Its only branch is `main`. */
export class GitRepository {
  /** Name under the servers' root, without `.git`. */
  readonly name: string;
  readonly #bare: string;
  readonly #work: string;
  #commit = '';

  private constructor(root: string, name: string) {
    this.name = name;
    this.#bare = join(root, `${name}.git`);
    this.#work = join(root, `.work-${name}`);
  }

  /** Makes the bare repository `<root>/<name>.git` with one commit of these files. */
  static async create(root: string, name: string, files: Readonly<Record<string, string>>): Promise<GitRepository> {
    const repository = new GitRepository(root, name);
    await execa('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository.#bare]);
    await execa('git', ['-C', repository.#bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true']);
    await execa('git', ['clone', '--quiet', repository.#bare, repository.#work], { env: identity });
    await repository.commitFiles(files);
    return repository;
  }

  /** The newest commit of `main`. */
  get commit(): string {
    return this.#commit;
  }

  /** Commits these files on top of what there is, and gives the commit. Files whose content begins with `#!` are executable. */
  async commitFiles(files: Readonly<Record<string, string>>): Promise<string> {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#work, path)), { recursive: true });
      writeFileSync(join(this.#work, path), content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
    }
    return this.#commitAll(`Add ${Object.keys(files).join(', ')}`);
  }

  /** Commits the repository at `url` as a submodule at `path`, and gives the commit. */
  async commitSubmodule(path: string, url: string): Promise<string> {
    await this.#git('submodule', 'add', '--quiet', url, path);
    return this.#commitAll(`Add submodule ${path}`);
  }

  /** Tags the newest commit. */
  async tag(name: string): Promise<void> {
    await this.#git('tag', name);
    await this.#git('push', '--quiet', 'origin', name);
  }

  async #commitAll(message: string): Promise<string> {
    await this.#git('add', '--all');
    await this.#git('commit', '--quiet', '--message', message);
    await this.#git('push', '--quiet', 'origin', 'HEAD:refs/heads/main');
    this.#commit = await this.#git('rev-parse', 'HEAD');
    return this.#commit;
  }

  async #git(...args: string[]): Promise<string> {
    return (await execa('git', ['-C', this.#work, ...args], { env: identity })).stdout.trim();
  }
}
