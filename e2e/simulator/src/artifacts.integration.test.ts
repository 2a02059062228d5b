import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ArtifactView } from './control-api/contract.ts';
import { takeBreaches } from './testing/referee-check.ts';
import { useRealAgent } from './testing/use-real-agent.ts';

describe('artifacts of the real agent', () => {
  const real = useRealAgent({ artifactMultipartThresholdBytes: 1_000_000, artifactPartSizeBytes: 400_000 });

  const byPath = (artifacts: readonly ArtifactView[]) => artifacts.toSorted((left, right) => (left.path < right.path ? -1 : 1));

  it('stores what artifact_paths name, small files as forms and large ones in parts, and gives the same bytes back', async () => {
    const { jobs, id } = await real.simulator.control.createBuild({
      repository: real.yard.repository,
      yaml: `
        steps:
          - command: |
              mkdir -p out/deep
              printf small > out/small.txt
              : > out/empty
              head -c 1500001 /dev/zero | tr '\\0' 'x' > out/deep/large.bin
              printf other > not-named.txt
            artifact_paths: "out/**/*"
          - wait
          - command: |
              mkdir got one
              buildkite-agent artifact download 'out/*' got
              find got -type f | sort
              sha256sum < got/out/deep/large.bin
              buildkite-agent artifact download 'out/small.txt' one && cat one/out/small.txt
              buildkite-agent artifact shasum out/small.txt
              ! buildkite-agent artifact search 'absent/*'
      `,
    });
    const [up, , down] = jobs;
    if (up === undefined || down === undefined) throw new Error('two jobs were expected');

    await real.yard.run(real.simulator, up.id);
    await real.yard.run(real.simulator, down.id);

    const artifacts = byPath(await real.simulator.control.artifacts(id));
    expect(artifacts.map(({ path, state, fileSize, parts }) => [path, state, fileSize, parts])).toEqual([
      ['out/deep/large.bin', 'finished', 1_500_001, 4],
      ['out/empty', 'finished', 0, 0],
      ['out/small.txt', 'finished', 5, 0],
    ]);
    const large = Buffer.alloc(1_500_001, 'x');
    const [first, , third] = artifacts;
    if (first === undefined || third === undefined) throw new Error('three artifacts were expected');
    expect((await real.simulator.control.artifactBytes(first.id)).equals(large)).toBe(true);
    expect(first.sha256sum).toBe(createHash('sha256').update(large).digest('hex'));
    expect((await real.simulator.control.artifactBytes(third.id)).toString()).toBe('small');
    const log = (await real.simulator.control.jobLog(down.id, { strip: true })).toString().replaceAll('\r', '');
    expect(await real.simulator.control.job(down.id)).toMatchObject({ passed: true });
    expect(log).toContain('\ngot/out/deep/large.bin\ngot/out/empty\ngot/out/small.txt\n');
    expect(log).toContain(createHash('sha256').update(large).digest('hex'));
    expect(log).toContain(createHash('sha1').update('small').digest('hex'));
  });

  it('rides out faults of the upload and of every call around it', async () => {
    const job = await real.simulator.control.createJob('printf content > file.txt', {
      repository: real.yard.repository,
      step: { artifact_paths: 'file.txt' },
    });
    await real.simulator.control.addFault({
      match: { method: 'POST', route: 'jobs/*/artifacts' },
      action: { type: 'status', status: 503 },
      times: 1,
    });
    await real.simulator.control.addFault({
      match: { method: 'POST', route: 'jobs/*/artifacts' },
      action: { type: 'lost-answer' },
      times: 1,
    });
    await real.simulator.control.addFault({ match: { route: 'uploads/*' }, action: { type: 'status', status: 500 }, times: 1 });
    await real.simulator.control.addFault({
      match: { method: 'PUT', route: 'jobs/*/artifacts' },
      action: { type: 'lost-answer' },
      times: 1,
    });

    await real.yard.run(real.simulator, job.id);

    expect(await real.simulator.control.job(job.id)).toMatchObject({ passed: true });
    const artifacts = await real.simulator.control.artifacts(job.buildId);
    expect(artifacts).toMatchObject([{ path: 'file.txt', state: 'finished' }]);
    expect((await real.simulator.control.faults()).map(({ hit }) => hit)).toEqual([1, 1, 1, 1]);
  });

  it('notes an artifact whose upload ended with the job', async () => {
    const job = await real.simulator.control.createJob(
      'printf content > file.txt; buildkite-agent artifact upload file.txt & sleep 2; kill -9 $!; true',
      {
        repository: real.yard.repository,
      },
    );
    await real.simulator.control.addFault({ match: { route: 'uploads/*' }, action: { type: 'delay', ms: 20_000 } });

    await real.yard.run(real.simulator, job.id);

    expect(await takeBreaches(real.simulator.control)).toEqual(['artifact-never-finished']);
  });
});
