import { describe, expect, it } from 'vitest';
import { type OutsideJobRequest, outsideJob } from './outside-job.ts';

const jobId = '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b';

function made(request: Partial<OutsideJobRequest> = {}) {
  return outsideJob({ jobId, namespace: 'jobs', runId: 'abcdef01-2345', variables: {}, command: undefined, settings: [], ...request });
}

const operator = 'github.com/buildkite-plugins/buildkite-operator-buildkite-plugin';

describe('the BuildJob of a job of an agent elsewhere', () => {
  it('names the Secret that holds every variable, and none itself', () => {
    const variables = {
      BUILDKITE_COMMAND: 'make',
      PASSWORD: 'hunter2',
      BUILDKITE_AGENT_ACCESS_TOKEN: 't0ken',
      BUILDKITE_PIPELINE_SLUG: 'web',
    };
    const { buildJob, secret } = made({ variables });
    expect(buildJob).toMatchObject({
      metadata: { name: `bk-${jobId}`, namespace: 'jobs' },
      spec: {
        command: 'make',
        buildkite: { jobId, pipeline: 'web', outsideAgent: { environmentSecret: `bk-${jobId}-abcdef01` } },
        ttlSecondsAfterFinished: 600,
      },
    });
    expect(JSON.stringify(buildJob)).not.toMatch(/hunter2|t0ken/);
    expect(secret).toMatchObject({ metadata: { name: `bk-${jobId}-abcdef01`, namespace: 'jobs' }, immutable: true });
    const decoded = Object.entries(secret.data ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]);
    expect(Object.fromEntries(decoded)).toEqual(variables);
  });

  it('takes a command and settings over those of the step', () => {
    const plugins = [
      { [operator]: { environment: 'node', timeoutSeconds: 5, ttlSecondsAfterFinished: 0 } },
      'github.com/a/b-buildkite-plugin#v1',
    ];
    const { buildJob, secret } = made({
      variables: { BUILDKITE_COMMAND: 'bko run', BUILDKITE_PLUGINS: JSON.stringify(plugins), BUILDKITE_TIMEOUT: '10' },
      command: 'make test',
      settings: [{ environment: 'go', serviceAccountName: 's' }, { image: 'go:1' }],
    });
    expect(buildJob.spec).toMatchObject({
      command: 'make test',
      environment: 'go',
      image: 'go:1',
      serviceAccountName: 's',
      timeoutSeconds: 5,
      ttlSecondsAfterFinished: 60,
    });
    expect(Buffer.from(secret.data?.['BUILDKITE_COMMAND'] ?? '', 'base64').toString()).toBe('make test');
    expect(JSON.parse(Buffer.from(secret.data?.['BUILDKITE_PLUGINS'] ?? '', 'base64').toString())).toEqual(plugins);
  });

  it('keeps a command that is too long for a variable out of the Secret', () => {
    const command = `echo ${'x'.repeat(131_072)}`;
    const { buildJob, secret } = made({ variables: { CI: 'true', BUILDKITE_COMMAND: command } });
    expect(buildJob.spec.command).toBe(command);
    expect(Object.keys(secret.data ?? {})).toEqual(['CI']);
  });

  it.each([
    ['10', 660],
    ['0.5', 90],
    ['false', undefined],
    [undefined, undefined],
  ])('ends by itself a minute after Buildkite’s timeout of %s minutes', (minutes, seconds) => {
    const { buildJob } = made({ variables: minutes === undefined ? {} : { BUILDKITE_TIMEOUT: minutes } });
    expect(buildJob.spec.timeoutSeconds).toBe(seconds);
  });

  it.each([
    ['settings that nobody knows', { settings: [{ imag: 'x' }] }, 'buildkite-operator.imag: is no known key: did you mean image?'],
    ['plugins that are no JSON', { variables: { BUILDKITE_PLUGINS: '{' }, settings: [{ image: 'x' }] }, 'plugins: are no JSON'],
    ['an id that is none', { jobId: 'x' }, 'job.id: must be a lower-case UUID'],
    ['a variable that no process can be given', { variables: { NOTES: 'x'.repeat(131_072) } }, 'job.env.NOTES: has 131072 bytes'],
    [
      'an environment that is too large',
      { variables: Object.fromEntries(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'].map(name => [name, 'x'.repeat(100_000)])) },
      "the job's environment has 1066713 bytes",
    ],
  ])('is refused for %s', (_, request, message) => {
    expect(() => made(request)).toThrow(message);
  });
});
