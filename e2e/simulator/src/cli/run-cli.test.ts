import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../simulator.ts';
import { RawCaller } from '../testing/raw-agent.ts';
import { runCli } from './run-cli.ts';

describe('the command line', () => {
  let simulator: Simulator;
  let folder: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    folder = await mkdtemp(join(tmpdir(), 'simulator-cli-'));
    await writeFile(join(folder, 'pipeline.yml'), 'steps: [{block: go?, fields: [{text: Who, key: who}]}, {command: work, label: Work}]');
  });

  afterAll(async () => {
    await simulator.stop();
    await rm(folder, { recursive: true });
  });

  async function cli(...args: readonly string[]) {
    const out: string[] = [];
    const errors: string[] = [];
    const status = await runCli(args, {
      environment: { BUILDKITE_SIMULATOR_URL: simulator.origin },
      print: line => out.push(line),
      printError: line => errors.push(line),
      signal: new AbortController().signal,
    });
    return { status, out: out.join('\n'), errors: errors.join('\n') };
  }

  it('takes a build through its life', async () => {
    const created = await cli('build', 'create', join(folder, 'pipeline.yml'), '--branch', 'b', '--env', 'A=1=2', '--pipeline', 'cli');
    expect(created).toMatchObject({ status: 0, errors: '' });
    expect(created.out).toMatch(/^build cli\/1 {2}blocked/);
    const build = await simulator.control.build('cli/1');
    const [block, work] = build.jobs;
    expect([build.branch, build.env]).toEqual(['b', { A: '1=2' }]);

    expect((await cli('unblock', block?.id ?? '', '--field', 'who=me')).out).toContain('unblocked  go?');
    const job = await (await new RawCaller(simulator).register(simulator.agentToken)).start(work?.id ?? '');
    expect((await cli('agents')).out).toContain(`job ${job.id}`);
    await job.finish(1);
    expect((await cli('retry', job.id)).out).toContain('scheduled  Work');
    expect((await cli('jobs', '--open')).out).toMatch(/^\S+ {2}scheduled {2}Work$/);
    expect((await cli('cancel', build.id)).out).toBe('build cli/1 canceled');
    expect((await cli('build', 'show', 'cli/1')).out).toContain('finished (exit status 1, retried in ');
    expect(JSON.parse((await cli('job', job.id)).out)).toMatchObject({ id: job.id, exitStatus: 1 });
  });

  it('adds, lists and clears faults', async () => {
    expect(
      (
        await cli(
          'fault',
          'add',
          '--route',
          'jobs/*/finish',
          '--method',
          'put',
          '--status',
          '503',
          '--header',
          'Retry-After=2',
          '--times',
          '2',
        )
      ).out,
    ).toContain('PUT jobs/*/finish  status 503  hit 0 of 2');
    await cli('fault', 'add', '--lost-answer');
    expect((await cli('fault', 'list')).out.split('\n')).toHaveLength(2);
    expect(await simulator.control.faults()).toMatchObject([
      { action: { headers: { 'Retry-After': '2' } } },
      { action: { type: 'lost-answer' } },
    ]);
    const [first] = await simulator.control.faults();
    await cli('fault', 'clear', first?.id ?? '');
    expect((await cli('fault', 'list')).out.split('\n')).toHaveLength(1);
    await cli('fault', 'clear');
    expect((await cli('fault', 'list')).out).toBe('');
  });

  it('shows what the referee saw, and exits 1 then', async () => {
    expect(await cli('referee')).toMatchObject({ status: 0, out: '' });
    await new RawCaller(simulator).call('GET', 'nowhere');

    const report = await cli('referee', '--clear');

    expect(report.status).toBe(1);
    expect(report.out).toContain('unknown-route');
    expect(report.out).toContain('in GET /v3/nowhere');
    expect((await cli('referee')).status).toBe(0);
  });

  it('changes settings', async () => {
    expect((await cli('settings', '--set', 'minuteMs=500', '--set', 'pipelineUpload=sync')).out).toContain('minuteMs=500\n');
    expect(await simulator.control.settings()).toMatchObject({ minuteMs: 500, pipelineUpload: 'sync' });
  });

  it.each([
    [['--help'], 0],
    [['log', '--help'], 0],
    [['fault', 'add', '-h'], 0],
  ])('helps with %j', async (args, status) => {
    const result = await cli(...args);
    expect(result.status).toBe(status);
    expect(result.out).toContain('usage: simulator');
  });

  it.each([
    [['dance'], 2, 'there is no command "dance"'],
    [['log'], 2, 'JOB is missing'],
    [['log', 'x', '--nope'], 2, '--nope'],
    [['log', 'none'], 1, 'no job none'],
    [['build', 'create', '/nowhere.yml'], 2, 'cannot read the pipeline /nowhere.yml'],
    [['settings', '--set', 'A'], 2, 'write it as NAME=VALUE'],
    [['fault', 'add', '--times', 'few', '--drop'], 2, '--times is "few"'],
    [['fault', 'add'], 2, 'exactly one of'],
    [['fault', 'add', '--drop', '--delay', '5'], 2, 'exactly one of'],
    [['settings', '--set', 'speed=1'], 2, 'no setting is named "speed"'],
    [['start', '--port', '70000'], 2, 'from 0 to 65535'],
    [['jobs', '--url', 'nonsense'], 2, 'write it as http://HOST:PORT'],
    [['jobs', '--url', 'http://127.0.0.1:1'], 1, 'cannot be reached'],
  ])('says what is wrong with %j', async (args, status, problem) => {
    const result = await cli(...args);
    expect(result).toMatchObject({ status, errors: expect.stringContaining(problem) });
  });

  it('asks for the URL when none is given', async () => {
    const errors: string[] = [];
    const status = await runCli(['jobs'], {
      environment: {},
      print: () => undefined,
      printError: line => errors.push(line),
      signal: new AbortController().signal,
    });

    expect([status, errors.join()]).toEqual([2, expect.stringContaining('BUILDKITE_SIMULATOR_URL')]);
  });
});
