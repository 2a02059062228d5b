import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidObjectError, parseBuildEnvironment, parseBuildJob } from './parse.ts';

const job = {
  apiVersion: 'buildkite-operator.io/v1alpha1',
  kind: 'BuildJob',
  metadata: { name: 'bk-1', namespace: 'ci', labels: { team: 'a' } },
  spec: { buildkite: { jobId: '0197a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b' } },
};

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

function refusal(parse: () => unknown): InvalidObjectError {
  const thrown = thrownBy(parse);
  if (thrown instanceof InvalidObjectError) return thrown;
  throw new Error('was not refused as invalid', { cause: thrown });
}

describe('parseBuildJob', () => {
  it('given a valid object, returns it with its defaults', () => {
    expect(parseBuildJob(job)).toEqual({ ...job, spec: { ...job.spec, cancelled: false } });
  });

  it('given several faults, names each with field, remedy and the value found', () => {
    const spec = {
      buildkite: { jobId: 'not-a-uuid' },
      env: [{ name: 'A' }, { name: 'B=C', value: 5 }],
      terminationGracePeriodSeconds: 1,
      jobNodeRequirements: [{ key: 'zone', operator: 'Equals' }],
      resources: { limits: { cpu: true } },
      timeoutSeconds: 1.5,
    };
    const error = refusal(() => parseBuildJob({ ...job, spec }));
    expect(error.code).toBe('InvalidBuildJob');
    expect(error.message).toMatchInlineSnapshot(`
      "BuildJob ci/bk-1 is invalid:
        spec.buildkite.jobId: must be a lower-case UUID (found "not-a-uuid")
        spec.env[1].name: must be an environment variable name: printable ASCII without = and spaces (found "B=C")
        spec.env[1].value: must be a text (found 5)
        spec.resources.limits.cpu: must be a number or a text (found true)
        spec.jobNodeRequirements[0].operator: must be one of In, NotIn, Exists, DoesNotExist, Gt, Lt (found "Equals")
        spec.timeoutSeconds: must be a whole number (found 1.5)
        spec.terminationGracePeriodSeconds: must be at least 15 (found 1)"
    `);
    expect(error.faults.map(({ field }) => field)).toEqual([
      'spec.buildkite.jobId',
      'spec.env[1].name',
      'spec.env[1].value',
      'spec.resources.limits.cpu',
      'spec.jobNodeRequirements[0].operator',
      'spec.timeoutSeconds',
      'spec.terminationGracePeriodSeconds',
    ]);
  });

  it.each([
    ['nothing', undefined, '(root)'],
    ['a text', 'BuildJob', '(root)'],
    ['another kind', { ...job, kind: 'BuildEnvironment' }, 'kind'],
    ['another version', { ...job, apiVersion: 'buildkite-operator.io/v9' }, 'apiVersion'],
    ['no spec', { ...job, spec: undefined }, 'spec'],
    ['no Buildkite job', { ...job, spec: {} }, 'spec.buildkite'],
    ['an unknown phase', { ...job, status: { phase: 'Sleeping' } }, 'status.phase'],
  ])('given %s, refuses it and names the field', (_name, value, field) => {
    expect(refusal(() => parseBuildJob(value)).faults.map(fault => fault.field)).toContain(field);
  });

  it('given any JSON as spec and status, either accepts it or lists faults within them', () => {
    const within = /^(spec|status)\b/;
    assert(
      property(jsonValue(), jsonValue(), (spec, status) => {
        const thrown = thrownBy(() => parseBuildJob({ ...job, spec, status }));
        expect(thrown === undefined || thrown instanceof InvalidObjectError).toBe(true);
        const faults = thrown instanceof InvalidObjectError ? thrown.faults : [{ field: 'spec' }];
        expect(faults).not.toHaveLength(0);
        expect(faults.every(({ field }) => within.test(field))).toBe(true);
      }),
    );
  });
});

describe('parseBuildEnvironment', () => {
  const environment = { ...job, kind: 'BuildEnvironment', spec: { container: { image: 'node:24' } } };

  it('given a valid object, returns it and keeps the parts that are passed on as they are', () => {
    const volumes = [{ name: 'cache', persistentVolumeClaim: { claimName: 'npm' } }];
    const given = { ...environment, spec: { ...environment.spec, volumes } };
    expect(parseBuildEnvironment(given)).toEqual(given);
  });

  it('given a fault, names the field', () => {
    const error = refusal(() => parseBuildEnvironment({ ...environment, spec: { container: { image: 'a b' } } }));
    expect(error.code).toBe('InvalidBuildEnvironment');
    expect(error.faults).toEqual([{ field: 'spec.container.image', message: expect.stringContaining('without spaces') }]);
  });
});
