import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startSimulator } from './simulator.ts';
import { RawCaller } from './testing/raw-agent.ts';

const cut = /terminated|fetch failed/;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-test-'));
  vi.stubEnv('TMPDIR', folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

it('tells agents the host by which they reach it, in every URL', async () => {
  const simulator = await startSimulator({ host: '0.0.0.0', advertisedHost: 'localhost' });
  try {
    const { port } = new URL(simulator.origin);
    expect(simulator.url).toBe(`http://localhost:${port}/v3`);
    const caller = new RawCaller(simulator);
    const { body } = await caller.call('POST', 'register', simulator.agentToken, {});
    expect(body).toMatchObject({ endpoint: simulator.url });
    const { id } = await simulator.control.createJob('a');
    const job = await (await caller.register(simulator.agentToken)).start(id);
    const artifacts = await job.call('POST', 'artifacts', { id: '1', artifacts: [{ path: 'f', file_size: 1 }] });
    expect(artifacts.body).toMatchObject({ upload_instructions: { action: { url: `http://localhost:${port}` } } });
  } finally {
    await simulator.stop();
  }
});

it('runs beside others, each for itself', async () => {
  const [one, two] = await Promise.all([startSimulator(), startSimulator()]);
  try {
    await one.control.createJob('a');
    expect([await one.control.jobs(), await two.control.jobs()].map(({ length }) => length)).toEqual([1, 0]);
    expect((await new RawCaller(one).call('POST', 'register', two.agentToken, {})).status).toBe(401);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
});

it('stops at once, though somebody follows a log, and leaves no temporary folder', async () => {
  const simulator = await startSimulator();
  const { id } = await simulator.control.createJob('a');
  const following = (async () => {
    for await (const piece of simulator.control.followJobLog(id)) void piece;
  })();
  const waiting = simulator.control.waitForJob(id, 'ended', 60_000);

  await Promise.all([expect(following).rejects.toThrow(cut), expect(waiting).rejects.toThrow(cut), simulator.stop()]);

  expect(readdirSync(folder)).toEqual([]);
});

it('leaves nothing behind when it cannot start', async () => {
  const simulator = await startSimulator();
  try {
    await expect(startSimulator({ port: Number(new URL(simulator.origin).port) })).rejects.toThrow('EADDRINUSE');
    await expect(startSimulator({ settings: { pingIntervalSeconds: 0 } })).rejects.toThrow('pingIntervalSeconds');
    expect(readdirSync(folder)).toHaveLength(1);
  } finally {
    await simulator.stop();
  }
});

it('keeps logs in the folder it is given, until their build is forgotten', async () => {
  const dataDirectory = join(folder, 'data');
  const simulator = await startSimulator({ dataDirectory });
  try {
    const { id } = await simulator.control.createJob('a');
    const job = await (await new RawCaller(simulator).register(simulator.agentToken)).start(id);
    await job.chunk(1, 0, 'text');
    const file = join(dataDirectory, 'logs', `${id}.log`);
    expect(existsSync(file)).toBe(true);
    await simulator.control.reset();
    await expect.poll(() => existsSync(file)).toBe(false);
  } finally {
    await simulator.stop();
  }
});
