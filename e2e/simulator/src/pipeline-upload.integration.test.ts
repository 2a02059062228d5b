import { describe, expect, it } from 'vitest';
import { AgentYard } from './testing/real-agent.ts';
import { useRealAgent } from './testing/use-real-agent.ts';

describe('pipelines that jobs of the real agent upload', () => {
  const real = useRealAgent();

  const upload = (pipeline: string) => `buildkite-agent pipeline upload <<'END'\n${pipeline}\nEND`;

  it.each(['async', 'sync'] as const)('adds steps as jobs after its own step and before those that follow (%s)', async mode => {
    await real.simulator.control.changeSettings({ pipelineUpload: mode });
    const { id, jobs } = await real.simulator.control.createBuild({
      repository: real.yard.repository,
      yaml: JSON.stringify({
        steps: [
          {
            label: 'upload',
            command: upload(
              'env: {ADDED: yes}\nsteps:\n- {label: first, command: exit 0, key: one}\n- wait\n- {label: second, command: test "$ADDED" = yes}',
            ),
          },
          'wait',
          { label: 'last', command: 'true' },
        ],
      }),
    });
    const [uploader] = jobs;
    if (uploader === undefined) throw new Error('no job');

    await real.yard.run(real.simulator, uploader.id);

    const after = await real.simulator.control.build(id);
    expect(after.jobs.map(({ type, label }) => label ?? type)).toEqual(['upload', 'first', 'waiter', 'second', 'waiter', 'last']);
    expect(after.jobs.map(({ state }) => state)).toEqual(['finished', 'scheduled', 'waiting', 'waiting', 'waiting', 'waiting']);
    for (const label of ['first', 'second', 'last']) {
      const job = (await real.simulator.control.build(id)).jobs.find(each => each.label === label);
      if (job === undefined) throw new Error(`no job ${label}`);
      await real.yard.run(real.simulator, job.id);
    }
    expect(await real.simulator.control.build(id)).toMatchObject({ state: 'passed' });
  });

  it('rejects a pipeline that is wrong, and the job that uploads it fails with the reason in its log', async () => {
    const job = await real.simulator.control.createJob(upload('steps:\n- {command: "true", depends_on: nowhere}'), {
      repository: real.yard.repository,
    });

    await real.yard.run(real.simulator, job.id);

    expect(await real.simulator.control.job(job.id)).toMatchObject({ passed: false, exitStatus: 1 });
    expect((await real.simulator.control.jobLog(job.id)).toString()).toContain('no step has the key "nowhere"');
    expect((await real.simulator.control.build(job.buildId)).jobs).toHaveLength(1);
  });

  it('adds the steps once, though the answer was lost and the agent asked again', async () => {
    const job = await real.simulator.control.createJob(upload('steps:\n- {command: "true", label: added}'), {
      repository: real.yard.repository,
    });
    await real.simulator.control.addFault({
      match: { method: 'POST', route: 'jobs/*/pipelines' },
      action: { type: 'lost-answer' },
      times: 1,
    });

    await real.yard.run(real.simulator, job.id);

    expect((await real.simulator.control.build(job.buildId)).jobs.map(({ label }) => label)).toEqual([undefined, 'added']);
  });

  it('runs a plugin that is named by the URL of a git repository', async () => {
    const plugin = await AgentYard.create();
    try {
      await plugin.writeFile('plugin.yml', 'name: Greeter\n');
      await addHook(plugin, 'pre-command', '#!/bin/sh\necho "plugin says $BUILDKITE_PLUGIN_CONFIGURATION"\n');
      const source = `file://${plugin.repository}#main`;
      const job = await real.simulator.control.createJob('echo command runs', {
        repository: real.yard.repository,
        step: { plugins: [{ [source]: { word: 'hello' } }] },
      });
      expect((await real.simulator.control.job(job.id)).env['BUILDKITE_PLUGINS']).toBe(JSON.stringify([{ [source]: { word: 'hello' } }]));

      await real.yard.run(real.simulator, job.id);

      const log = (await real.simulator.control.jobLog(job.id, { strip: true })).toString();
      expect(log).toContain(`plugin says {"word":"hello"}`);
      expect(log).toContain('\ncommand runs');
    } finally {
      await plugin.remove();
    }
  });
});

async function addHook(plugin: AgentYard, name: string, script: string): Promise<void> {
  await plugin.writeFile(`hooks/${name}`, script, 0o755);
  await plugin.git('add', '.');
  await plugin.git('commit', '--quiet', `--message=${name}`);
}
