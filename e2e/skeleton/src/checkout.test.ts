import { randomUUID } from 'node:crypto';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';
import { findings, hiddenWord, searchFor } from './secret-search.ts';

const testbed = useTestbed();

const files = { 'readme.txt': 'first version\n', 'bin/hello': '#!/bin/sh\necho hello from the repository\n' };

/** A repository of its own for a test. */
function repository() {
  return testbed.session.createRepository(`checkout-${randomUUID()}`, files);
}

async function logOf(jobId: string): Promise<string> {
  return (await testbed.log(jobId)).toString().replaceAll('\r\n', '\n');
}

// First, because these take longest: the agent tries a checkout six times, with longer and longer pauses.
describe.concurrent('given a checkout that cannot be done', () => {
  it.concurrent('when the commit is missing, then the job ends with the status and words of git, and the command never runs', async () => {
    const { gitHttp } = testbed.session.info;
    const { name } = await repository();
    const missing = '00000000000000000000000000000000deadbeef';
    const { job, record } = await testbed.run(
      'echo ne"ver"',
      { repository: `${gitHttp.origin}/${name}.git`, branch: 'main', commit: missing },
      { checkout: {} },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ state: 'finished', passed: false, exitStatus: 128 });
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: 128 });
    expect(record.last.status?.message).toContain('checkout');
    expect(log).toContain(missing);
    expect(log).not.toContain('never');
  });

  it.concurrent('when the password is missing, then the job ends with the status of git and no one is asked for it', async () => {
    const { gitHttp } = testbed.session.info;
    const { name, commit } = await repository();
    const { job, record } = await testbed.run(
      'echo ne"ver"',
      { repository: `${gitHttp.origin}/private/${name}.git`, branch: 'main', commit },
      { checkout: {} },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ state: 'finished', passed: false, exitStatus: 128 });
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: 128 });
    expect(log).not.toContain('never');
  });
});

describe.concurrent('given a repository on a git server', () => {
  it.concurrent('when it is checked out over HTTP, then the command works in its files', async () => {
    const { gitHttp } = testbed.session.info;
    const { name, commit } = await repository();
    const { job, record } = await testbed.run(
      './bin/hello\ncat readme.txt\necho "at $(git rev-parse HEAD)"\necho "in $PWD"',
      { repository: `${gitHttp.origin}/${name}.git`, branch: 'main', commit },
      { checkout: {} },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true, exitStatus: 0 });
    expect(record.last.status).toMatchObject({ phase: 'Succeeded', exitCode: 0 });
    expect(log).toContain('hello from the repository\n');
    expect(log).toContain('first version\n');
    expect(log).toContain(`at ${commit}\n`);
    expect(log).toContain('in /workspace/build/');
  });

  it.concurrent('when it is checked out over SSH with a key, then the command works in its files', async () => {
    const { gitSsh } = testbed.session.info;
    const { name, commit } = await repository();
    const secret = `ssh-${randomUUID()}`;
    await testbed.createSecret(secret, { SSH_PRIVATE_ED25519_KEY: gitSsh.privateKey });
    const { job } = await testbed.run(
      './bin/hello\necho "at $(git rev-parse HEAD)"',
      { repository: `${gitSsh.url}/${name}.git`, branch: 'main', commit },
      { checkout: { credentialsSecret: secret } },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('hello from the repository\n');
    expect(log).toContain(`at ${commit}\n`);
  });

  it.concurrent('when it needs a password over HTTP, then the credentials of the Secret open it', async () => {
    const { gitHttp } = testbed.session.info;
    const { name, commit } = await repository();
    const secret = `password-${randomUUID()}`;
    const { protocol, host } = new URL(gitHttp.origin);
    await testbed.createSecret(secret, { '.git-credentials': `${protocol}//${gitHttp.user}:${gitHttp.password}@${host}\n` });
    const { job } = await testbed.run(
      './bin/hello',
      { repository: `${gitHttp.origin}/private/${name}.git`, branch: 'main', commit },
      { checkout: { credentialsSecret: secret } },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('hello from the repository\n');
    expect(log).not.toContain(gitHttp.password);
  });

  it.concurrent('when an older commit is asked for, then exactly that one is checked out', async () => {
    const { gitHttp } = testbed.session.info;
    const source = await repository();
    const older = source.commit;
    await source.commitFiles({ 'readme.txt': 'second version\n' });
    const { job } = await testbed.run(
      'cat readme.txt\necho "at $(git rev-parse HEAD)"',
      { repository: `${gitHttp.origin}/${source.name}.git`, branch: 'main', commit: older },
      { checkout: {} },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('first version\n');
    expect(log).toContain(`at ${older}\n`);
  });

  it.concurrent('when only a branch is known, then its newest commit is checked out', async () => {
    const { gitHttp } = testbed.session.info;
    const source = await repository();
    const newest = await source.commitFiles({ 'readme.txt': 'second version\n' });
    const { job } = await testbed.run(
      'cat readme.txt\necho "at $(git rev-parse HEAD)"',
      { repository: `${gitHttp.origin}/${source.name}.git`, branch: 'main', commit: 'HEAD' },
      { checkout: {} },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('second version\n');
    expect(log).toContain(`at ${newest}\n`);
  });
});

describe.concurrent('given flags for git', () => {
  it.concurrent('when clone and fetch are told so, then the clone is shallow and has the tags', async () => {
    const { gitHttp } = testbed.session.info;
    const source = await repository();
    await source.tag('v1');
    const commit = await source.commitFiles({ 'readme.txt': 'second version\n' });
    const { job } = await testbed.run(
      'echo "shallow $(git rev-parse --is-shallow-repository)"\necho "tags $(git tag | tr \'\\n\' ,)"',
      { repository: `${gitHttp.origin}/${source.name}.git`, branch: 'main', commit },
      { checkout: { cloneFlags: '-v --depth=1 --no-tags', fetchFlags: '-v --depth=1 --tags' } },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain('shallow true\n');
    expect(log).toContain('tags v1,\n');
  });

  it.concurrent('when nothing is said, then the clone is whole', async () => {
    const { gitHttp } = testbed.session.info;
    const source = await repository();
    const commit = await source.commitFiles({ 'readme.txt': 'second version\n' });
    const { job } = await testbed.run(
      'echo "shallow $(git rev-parse --is-shallow-repository), $(git rev-list --count HEAD) commits"',
      { repository: `${gitHttp.origin}/${source.name}.git`, branch: 'main', commit },
      { checkout: {} },
    );
    expect(await logOf(job.id)).toContain('shallow false, 2 commits\n');
  });
});

describe.concurrent('given a repository with a submodule', () => {
  it.concurrent.for([
    { submodules: undefined, outcome: 'it is there' },
    { submodules: false, outcome: 'its folder is empty' },
  ])('when submodules are $submodules, then $outcome', async ({ submodules }) => {
    const { gitHttp } = testbed.session.info;
    const [source, library] = await Promise.all([repository(), repository()]);
    const commit = await source.commitSubmodule('library', `${gitHttp.origin}/${library.name}.git`);
    const { job } = await testbed.run(
      'echo "library: $(ls library | tr \'\\n\' ,)"',
      { repository: `${gitHttp.origin}/${source.name}.git`, branch: 'main', commit },
      { checkout: submodules === undefined ? {} : { submodules } },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true });
    expect(log).toContain(submodules === false ? 'library: \n' : 'library: bin,readme.txt,\n');
  });
});

describe.concurrent('given git credentials in a Secret', () => {
  it.concurrent('when the command looks everywhere, then it finds neither password nor key', async () => {
    const { gitHttp, gitSsh } = testbed.session.info;
    const { name, commit } = await repository();
    const secret = `credentials-${randomUUID()}`;
    const { protocol, host } = new URL(gitHttp.origin);
    await testbed.createSecret(secret, {
      '.git-credentials': `${protocol}//${gitHttp.user}:${gitHttp.password}@${host}\n`,
      SSH_PRIVATE_ED25519_KEY: gitSsh.privateKey,
    });
    const [, keyLine = ''] = gitSsh.privateKey.split('\n').slice(1);
    const { job } = await testbed.run(
      [
        `echo ${hiddenWord(gitHttp.password)} >/tmp/planted`,
        searchFor(gitHttp.password, 'password'),
        `echo ${hiddenWord(keyLine)} >/tmp/planted`,
        searchFor(keyLine, 'key'),
        'echo "variables: $(env | grep -c ^SSH_PRIVATE_)"',
      ].join('\n'),
      { repository: `${gitHttp.origin}/private/${name}.git`, branch: 'main', commit },
      { checkout: { credentialsSecret: secret } },
    );
    const log = await logOf(job.id);
    expect(job, log).toMatchObject({ passed: true });
    expect(findings(log, 'password')).toEqual(['/tmp/planted']);
    expect(findings(log, 'key')).toEqual(['/tmp/planted']);
    expect(log).toContain('variables: 0\n');
  });
});
