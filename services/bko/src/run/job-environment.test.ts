import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobEnvironment } from './job-environment.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bko-env-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base = { BUILDKITE_JOB_ID: 'id', BUILDKITE_AGENT_ACCESS_TOKEN: 'token', BUILDKITE_AGENT_ENDPOINT: 'http://x/v3' };

function envFile(content: string): string {
  const path = join(folder, 'env.json');
  writeFileSync(path, content);
  return path;
}

describe('the environment of a job', () => {
  it('is what Buildkite gave it, with the values of now, and what the agent adds', async () => {
    const file = envFile(JSON.stringify({ STEP: 'from Buildkite', CHANGED: 'old', PATH: '/evil' }));
    const own = { ...base, BUILDKITE_ENV_JSON_FILE: file, CHANGED: 'by a hook', BUILDKITE_COMMAND: 'make', CI: 'true' };
    expect(await jobEnvironment(own, [])).toEqual({
      jobId: 'id',
      leftOut: [],
      variables: { ...base, STEP: 'from Buildkite', CHANGED: 'by a hook', BUILDKITE_COMMAND: 'make', CI: 'true' },
    });
  });

  it('has nothing of the machine, unless it is asked for', async () => {
    const own = {
      ...base,
      PATH: '/bin',
      HOME: '/root',
      AWS_SECRET: 's',
      BUILDKITE_BUILD_PATH: '/builds',
      BUILDKITE_PLUGIN_DOCKER_IMAGE: 'x',
      BUILDKITE_HOOK_PATH: '/h',
      BUILDKITE_AGENT_TOKEN: 'registration',
    };
    expect((await jobEnvironment(own, [])).variables).toEqual(base);
    expect((await jobEnvironment(own, ['AWS_SECRET'])).variables).toEqual({ ...base, AWS_SECRET: 's' });
  });

  it('leaves out what no container can have', async () => {
    const file = envFile(JSON.stringify({ 'a b': '1', '1A': '2', 'a.b-c': '3' }));
    const { variables, leftOut } = await jobEnvironment({ ...base, BUILDKITE_ENV_JSON_FILE: file }, []);
    expect({ variables, leftOut }).toEqual({ variables: { ...base, 'a.b-c': '3' }, leftOut: ['1A', 'a b'] });
  });

  it.each([
    [
      'outside of a job',
      {},
      [],
      'BUILDKITE_JOB_ID, BUILDKITE_AGENT_ACCESS_TOKEN, BUILDKITE_AGENT_ENDPOINT not set: run this within a Buildkite job',
    ],
    ['with a variable that is not set', base, ['SECRET'], '--env SECRET: not set here'],
    [
      'with a file that is not there',
      { ...base, BUILDKITE_ENV_JSON_FILE: '/no/such' },
      [],
      'cannot be read from BUILDKITE_ENV_JSON_FILE: ENOENT',
    ],
  ])('%s is refused', async (_, own, further, message) => {
    await expect(jobEnvironment(own, further)).rejects.toThrow(message);
  });
});
