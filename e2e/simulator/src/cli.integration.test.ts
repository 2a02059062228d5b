import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AgentYard } from './testing/real-agent.ts';

const cliPath = new URL('cli.ts', import.meta.url).pathname;
let yard: AgentYard;

beforeAll(async () => {
  yard = await AgentYard.create();
});

afterAll(() => yard.remove());

it('`simulator start` runs until SIGTERM; `build create --follow` shows what the real agent does and ends as the build does', async () => {
  const server = execa(process.execPath, [cliPath, 'start', '--agent-token', 'bkct_from_the_command_line', '--set', 'minuteMs=1000'], {
    reject: false,
  });
  const settings = new Map<string, string>();
  for await (const line of createInterface({ input: server.stdout })) {
    const [name = '', value = ''] = line.split(/=(.*)/);
    settings.set(name, value);
    if (settings.size === 3) break;
  }
  expect(settings.get('BUILDKITE_AGENT_TOKEN')).toBe('bkct_from_the_command_line');
  const env = { BUILDKITE_SIMULATOR_URL: settings.get('BUILDKITE_SIMULATOR_URL') ?? '' };
  const agent = yard.start({ url: settings.get('BUILDKITE_AGENT_ENDPOINT') ?? '', agentToken: 'bkct_from_the_command_line' }, undefined);
  const follow = (exitStatus: number) =>
    execa(process.execPath, [cliPath, 'build', 'create', '-', '--follow', '--repository', yard.repository], {
      env,
      reject: false,
      input: `steps: [{command: "echo f''irst"}, wait, {command: "echo s''econd; exit ${exitStatus}"}]`,
    });

  const passed = await follow(0);
  const failed = await follow(3);

  expect(passed.stdout).toMatch(/\nfirst[^]*\nsecond[^]*build demo\/1 passed$/);
  expect(passed.exitCode).toBe(0);
  expect(failed.stdout).toMatch(/exit status 3[^]*build demo\/2 failed$/);
  expect(failed.exitCode).toBe(1);
  agent.kill('SIGTERM');
  await agent.end;
  const referee = await execa(process.execPath, [cliPath, 'referee'], { env, reject: false });
  expect([referee.exitCode, referee.stdout]).toEqual([0, '']);
  server.kill('SIGTERM');
  expect(await server).toMatchObject({ exitCode: 0 });
});
