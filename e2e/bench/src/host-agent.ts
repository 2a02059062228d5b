import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureGoTools, goToolSets } from '@buildkite-operator/e2e-setup';
import type { TestbedSession } from '@buildkite-operator/e2e-testbed';
import { execa } from 'execa';
import { measuredCommand } from './job-timeline.ts';

/** The control: the same job by the same agent as a plain process of this machine. Milliseconds from its start to the first output. */
export async function measureHostAgent(session: TestbedSession, repository: string): Promise<number> {
  const { info, simulator } = session;
  const job = await simulator.createJob(measuredCommand, { repository, branch: 'main', commit: 'HEAD' });
  const folder = mkdtempSync(join(tmpdir(), 'bkop-bench-'));
  for (const name of ['build', 'hooks', 'plugins', 'sockets']) mkdirSync(join(folder, name));
  const agent = join(await ensureGoTools(goToolSets.agent), 'agent');
  const started = Date.now();
  const running = execa(agent, ['start', '--acquire-job', job.id], {
    reject: false,
    extendEnv: false,
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      BUILDKITE_AGENT_ENDPOINT: info.agentEndpoint,
      BUILDKITE_AGENT_TOKEN: info.agentToken,
      BUILDKITE_BUILD_PATH: join(folder, 'build'),
      BUILDKITE_HOOKS_PATH: join(folder, 'hooks'),
      BUILDKITE_PLUGINS_PATH: join(folder, 'plugins'),
      BUILDKITE_SOCKETS_PATH: join(folder, 'sockets'),
      BUILDKITE_SHELL: '/bin/sh -ec',
    },
  });
  try {
    const { seenAt } = await simulator.waitForLog(job.id, 'first output at ', 60_000);
    return seenAt - started;
  } finally {
    await running;
    rmSync(folder, { recursive: true, force: true });
  }
}
