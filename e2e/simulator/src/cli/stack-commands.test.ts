import { describe, expect, it } from 'vitest';
import { useStackBench } from '../testing/use-stack-bench.ts';
import { runCli } from './run-cli.ts';

const bench = useStackBench();

async function cli(...args: readonly string[]) {
  const out: string[] = [];
  const errors: string[] = [];
  const status = await runCli(args, {
    environment: { BUILDKITE_SIMULATOR_URL: bench().simulator.origin },
    print: line => out.push(line),
    printError: line => errors.push(line),
    signal: new AbortController().signal,
  });
  return { status, out: out.join('\n'), errors: errors.join('\n') };
}

describe('the command line about stacks', () => {
  it('makes, pauses, resumes and lists queues', async () => {
    expect(await cli('queue', 'create', 'cli')).toMatchObject({ status: 0, errors: '' });
    await cli('queue', 'pause', 'cli');
    expect((await cli('queue', 'list')).out.split('\n')).toEqual([
      'default  active  cluster default',
      'gpu  active  cluster default',
      'cli  paused  cluster default',
    ]);
    await cli('queue', 'resume', 'cli', '--cluster', 'default');
    expect((await cli('queue', 'list')).out).toContain('cli  active');
  });

  it('makes and ends tokens', async () => {
    const { out: token } = await cli('token', 'create');
    expect((await bench().stack({}, token).register()).status).toBe(201);
    expect(await cli('token', 'revoke', token)).toMatchObject({ status: 0, errors: '' });
    expect((await bench().stack({}, token).list()).status).toBe(401);
  });

  it('shows stacks, reservations and notifications, and ends the first two', async () => {
    const stack = await bench().registered();
    const id = await bench().job();
    await stack.reserve([id]);
    await stack.notify([{ job_uuid: id, detail: 'no place free' }]);

    expect((await cli('stacks')).out).toBe(
      'stack  connected  custom  queue default  calls: default 1, batch-reserve 1, stack-notification 1',
    );
    expect((await cli('reservations')).out).toMatch(new RegExp(`^${id} {2}stack stack {2}queue default {2}until .*Z {2}extended 0 times$`));
    expect((await cli('notifications', id)).out).toMatch(new RegExp(`Z {2}${id} {2}stack: no place free$`));
    expect((await cli('notifications')).out).toBe((await cli('notifications', id)).out);
    await cli('reservations', '--expire');
    expect((await cli('reservations')).out).toBe('');
    await cli('stack', 'forget', 'stack');
    expect((await cli('stacks')).out).toBe('');
  });

  it.each([
    [['queue', 'pause'], 2, 'QUEUE is missing'],
    [['token', 'revoke', 'none'], 1, 'no such registration token'],
    [['stack', 'forget', 'none'], 1, 'no stack none'],
    [['notifications', 'none'], 1, 'no job none'],
  ])('says what is wrong with %j', async (args, status, problem) => {
    expect(await cli(...args)).toMatchObject({ status, errors: expect.stringContaining(problem) });
  });
});
