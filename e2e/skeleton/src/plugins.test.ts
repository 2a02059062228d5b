import { randomUUID } from 'node:crypto';
import { useTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import { describe, expect, it } from 'vitest';

const testbed = useTestbed();

const hook = (line: string) => `#!/bin/sh\n${line}\n`;

/** A plugin whose hooks tell that they run, and what they see. */
const tellingHooks = {
  'plugin.yml': 'name: Telling\ndescription: says which hooks run\nauthor: test\nrequirements: []\nconfiguration: {}\n',
  'hooks/environment': hook('export FROM_PLUGIN="set by a hook"\necho "hook environment, option $BUILDKITE_PLUGIN_TELLING_OPTION"'),
  'hooks/pre-checkout': hook('echo "hook pre-checkout"'),
  'hooks/post-checkout': hook('echo "hook post-checkout in $PWD"'),
  'hooks/pre-command': hook('echo "hook pre-command, variable $FROM_PLUGIN"'),
  'hooks/post-command': hook('echo "hook post-command, status $BUILDKITE_COMMAND_EXIT_STATUS"'),
  'hooks/pre-exit': hook('echo "hook pre-exit"'),
};

/** Puts a plugin on the git server and gives its source for a step, pinned to a tag. */
async function plugin(files: Readonly<Record<string, string>>): Promise<string> {
  const { gitHttp } = testbed.session.info;
  const repository = await testbed.session.createRepository(`${randomUUID()}/telling-buildkite-plugin`, files);
  await repository.tag('v1.0.0');
  return `${gitHttp.origin}/${repository.name}.git#v1.0.0`;
}

/** A repository to check out. */
async function source() {
  const { gitHttp } = testbed.session.info;
  const { name, commit } = await testbed.session.createRepository(`plugins-${randomUUID()}`, { 'readme.txt': 'hello\n' });
  return { repository: `${gitHttp.origin}/${name}.git`, branch: 'main', commit };
}

/** The lines that hooks and command have put out, in order. */
function told(log: string): string[] {
  return log.split(/\r?\n/).filter(line => /^(hook|command) /.test(line));
}

describe.concurrent.for(['dash', 'busybox'] as const)('given a plugin from a git server and the %s image, which has no bash', image => {
  it.concurrent('when the job runs, then its hooks run around checkout and command, each with what it should see', async () => {
    const { images } = testbed.session.info;
    const step = { plugins: [{ [await plugin(tellingHooks)]: { option: 'green' } }] };
    const { job } = await testbed.run(
      'echo "command sees $FROM_PLUGIN"',
      { ...(await source()), step },
      { checkout: {}, image: images[image] },
    );
    const log = (await testbed.log(job.id)).toString();
    expect(job, log).toMatchObject({ passed: true });
    expect(told(log)).toEqual([
      'hook environment, option green',
      'hook pre-checkout',
      'hook post-checkout in /workspace/build/buildkite',
      'hook environment, option green',
      'hook pre-command, variable set by a hook',
      'command sees set by a hook',
      'hook post-command, status 0',
      'hook pre-exit',
    ]);
  });

  it.concurrent('when the plugin brings the command, then that runs instead, and its exit code is the job’s', async () => {
    const { images } = testbed.session.info;
    const files = { ...tellingHooks, 'hooks/command': hook('echo "command of the plugin, in $PWD with $(cat readme.txt)"\nexit 5') };
    const step = { plugins: [{ [await plugin(files)]: null }] };
    const { job, record } = await testbed.run('echo ne"ver"', { ...(await source()), step }, { checkout: {}, image: images[image] });
    const log = (await testbed.log(job.id)).toString();
    expect(job, log).toMatchObject({ state: 'finished', passed: false, exitStatus: 5 });
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: 5 });
    expect(log).not.toContain('never');
    expect(told(log).slice(-3)).toEqual([
      'command of the plugin, in /workspace/build/buildkite with hello',
      'hook post-command, status 5',
      'hook pre-exit',
    ]);
  });
});

describe.concurrent('given a step without a command', () => {
  it.concurrent('when its plugin brings one, then that runs', async () => {
    const files = { 'hooks/command': hook('echo "command of the plugin"') };
    const job = await testbed.createJob('', { ...(await source()), step: { plugins: [{ [await plugin(files)]: null }] } });
    const ended = await testbed.finish(job, { checkout: {}, command: undefined });
    const log = (await testbed.log(job.id)).toString();
    expect(ended.job, log).toMatchObject({ passed: true });
    expect(told(log)).toEqual(['command of the plugin']);
  });
});

describe.concurrent('given a plugin with a hook that fails', () => {
  it.concurrent.for([
    { name: 'environment', runs: [] },
    { name: 'post-checkout', runs: [] },
    { name: 'pre-command', runs: ['hook pre-exit'] },
    { name: 'post-command', runs: ['command runs', 'hook pre-exit'] },
  ])('when it is $name, then the job fails with its exit code', async ({ name, runs }) => {
    const files = { 'hooks/pre-exit': hook('echo "hook pre-exit"'), [`hooks/${name}`]: hook('echo "hook fails"\nexit 9') };
    const step = { plugins: [{ [await plugin(files)]: null }] };
    const { job, record } = await testbed.run('echo "command" runs', { ...(await source()), step }, { checkout: {} });
    const log = (await testbed.log(job.id)).toString();
    expect(job, log).toMatchObject({ state: 'finished', passed: false, exitStatus: 9 });
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: 9 });
    expect(told(log).filter(line => line !== 'hook fails')).toEqual(runs);
  });
});

describe.concurrent('given a plugin that cannot be had', () => {
  it.concurrent('when the git server does not have it, then the job fails and the command never runs', async () => {
    const { gitHttp } = testbed.session.info;
    const step = { plugins: [{ [`${gitHttp.origin}/no/such-buildkite-plugin.git#v1`]: null }] };
    const { job, record } = await testbed.run('echo ne"ver"', { ...(await source()), step }, { checkout: {} });
    const log = (await testbed.log(job.id)).toString();
    expect(job, log).toMatchObject({ state: 'finished', passed: false });
    expect(record.last.status).toMatchObject({ phase: 'Failed', reason: 'ExitCode', exitCode: job.exitStatus });
    expect(log).toContain('no/such-buildkite-plugin');
    expect(log).not.toContain('never');
  });
});

describe.concurrent('given hooks in the repository itself', () => {
  it.concurrent('when the job runs, then they run too', async () => {
    const { gitHttp } = testbed.session.info;
    const { name, commit } = await testbed.session.createRepository(`hooks-${randomUUID()}`, {
      '.buildkite/hooks/post-checkout': hook('echo "hook post-checkout of the repository"'),
      '.buildkite/hooks/pre-command': hook('export FROM_HOOK=there\necho "hook pre-command of the repository"'),
      '.buildkite/hooks/pre-exit': hook('echo "hook pre-exit of the repository"'),
    });
    const { job } = await testbed.run(
      'echo "command sees $FROM_HOOK"',
      { repository: `${gitHttp.origin}/${name}.git`, branch: 'main', commit },
      { checkout: {}, image: testbed.session.info.images.busybox },
    );
    const log = (await testbed.log(job.id)).toString();
    expect(job, log).toMatchObject({ passed: true });
    expect(told(log)).toEqual([
      'hook post-checkout of the repository',
      'hook pre-command of the repository',
      'command sees there',
      'hook pre-exit of the repository',
    ]);
  });
});
