import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announceStart, awaitAgent, awaitStarts, clientContainers } from './start-gate.ts';
import { sampleJob } from './testing/index.ts';

let workspace: string;
const children = new Set<ChildProcess>();

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'start-gate-'));
  await mkdir(join(workspace, 'started'));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(workspace, { recursive: true });
});

/** Runs a script in /bin/sh as in a container, with the workspace elsewhere. */
function start(...script: readonly string[]) {
  const child = spawn('/bin/sh', ['-ec', script.join('\n').replaceAll('/workspace', workspace)], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.add(child);
  const output: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => output.push(part));
  const end = once(child, 'close').then(([code, signal]: readonly unknown[]) => {
    children.delete(child);
    return { code, signal, output: Buffer.concat(output).toString() };
  });
  return { child, end };
}

const files = () => readdir(join(workspace, 'started'));

describe('the containers that the agent waits for', () => {
  it.each([
    ['a checkout', {}, ['checkout', 'container-0']],
    ['no checkout', { checkout: { skip: true } }, ['container-0']],
    ['further commands', { commandContainers: [{ name: 'lint' }, { name: 'docs' }] }, ['checkout', 'container-0', 'lint', 'docs']],
  ])('of a job with %s', (_what, spec, containers) => {
    expect(clientContainers(sampleJob(spec).spec)).toStrictEqual(containers);
  });
});

describe('a container that starts', () => {
  it('makes an empty file of its name, then goes on', async () => {
    const { end } = start(announceStart('checkout'), 'echo on');
    expect(await end).toStrictEqual({ code: 0, signal: null, output: 'on\n' });
    expect(await files()).toStrictEqual(['checkout']);
  });

  it('goes on where somebody else has made the file', async () => {
    const file = join(workspace, 'started', 'checkout');
    await writeFile(file, 'forged');
    await chmod(file, 0o400);
    expect(await start(announceStart('checkout'), 'echo on').end).toMatchObject({ code: 0, output: 'on\n' });
  });

  it('fails where it cannot make the file: the agent would wait for it for nothing', async () => {
    await rm(join(workspace, 'started'), { recursive: true });
    const { code, output } = await start(announceStart('checkout'), 'echo on').end;
    expect(output).toBe('');
    expect(code).not.toBe(0);
  });
});

describe('a client that comes before the agent', () => {
  it("goes on once the agent's socket is there, not before, and leaves the job's variables alone", async () => {
    const { child, end } = start('n=kept', awaitAgent(), 'echo "$n"');
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    await start('sleep 0.3').end;
    expect(ended).toBe(false);
    const agent = createServer().listen(join(workspace, 'buildkite.sock'));
    expect(await end).toStrictEqual({ code: 0, signal: null, output: 'kept\n' });
    agent.close();
  });

  it('goes on at once where its image has no sleep', async () => {
    expect(await start('PATH=/nowhere', awaitAgent(), 'echo on').end).toStrictEqual({ code: 0, signal: null, output: 'on\n' });
  });
});

describe('the agent', () => {
  const wait = awaitStarts(['checkout', 'container-0']);

  it.each([[['checkout', 'container-0']], [['container-0', 'checkout']]])(
    'goes on after the last of %j has started, not before',
    async order => {
      const { child, end } = start(wait, `ls ${workspace}/started`, 'echo acquired');
      let ended = false;
      child.once('exit', () => {
        ended = true;
      });
      for (const container of order) {
        // Several turns of the wait pass.
        await start('sleep 0.2').end;
        expect(ended).toBe(false);
        await start(announceStart(container)).end;
      }
      expect(await end).toStrictEqual({ code: 0, signal: null, output: 'checkout\ncontainer-0\nacquired\n' });
    },
  );

  it('is ended by SIGTERM while it waits, and acquires nothing later', async () => {
    const { child, end } = start('echo waiting', wait, `: >${workspace}/acquired`);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await end).toMatchObject({ code: null, signal: 'SIGTERM' });
    for (const container of ['checkout', 'container-0']) await start(announceStart(container)).end;
    expect(existsSync(join(workspace, 'acquired'))).toBe(false);
  });
});
