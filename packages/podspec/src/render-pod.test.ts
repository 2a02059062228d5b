import { describe, expect, it } from 'vitest';
import { renderPod, timeoutsOf } from './render-pod.ts';
import { byName, podDefaults, renderRefusal, sampleEnvironment, sampleJob, sampleJobId } from './testing/index.ts';

describe('what is refused', () => {
  it.each(['agent', 'container-0'])('a sidecar with the name %s, which is ours', name => {
    const job = sampleJob({ extraContainers: [{ name, image: 'x' }] });
    expect(renderRefusal(() => renderPod(job, new Map(), podDefaults))).toMatchObject({
      code: 'NameTaken',
      field: 'spec.extraContainers[0].name',
    });
  });

  it('an init container and a sidecar of one environment, both without a name', () => {
    const job = sampleJob({ initContainers: [{ environment: 'db' }], extraContainers: [{ environment: 'db' }] });
    const environments = byName([sampleEnvironment('db', { container: { image: 'x' } })]);
    expect(renderRefusal(() => renderPod(job, environments, podDefaults))).toMatchObject({
      code: 'NameTaken',
      field: 'spec.extraContainers[0].name',
    });
  });

  it('a mount over the workspace', () => {
    const environments = byName([
      sampleEnvironment('node', {
        volumes: [{ name: 'v', emptyDir: {} }],
        container: { image: 'x', volumeMounts: [{ name: 'v', mountPath: '/workspace/' }] },
      }),
    ]);
    expect(renderRefusal(() => renderPod(sampleJob({ environment: 'node' }), environments, podDefaults))).toMatchObject({
      code: 'VolumeConflict',
      field: 'container container-0.volumeMounts[1].mountPath',
    });
  });
});

describe('the limits of a job', () => {
  it("are the operator's where the job has none", () => {
    expect(timeoutsOf(sampleJob(), podDefaults)).toStrictEqual({
      timeoutSeconds: 21_600,
      pendingTimeoutSeconds: 900,
      ttlSecondsAfterFinished: 0,
      terminationGracePeriodSeconds: 60,
    });
  });

  it("are the job's own", () => {
    const own = { timeoutSeconds: 1, pendingTimeoutSeconds: 2, ttlSecondsAfterFinished: 3, terminationGracePeriodSeconds: 15 };
    expect(timeoutsOf(sampleJob(own), podDefaults)).toStrictEqual(own);
    expect(renderPod(sampleJob(own), new Map(), podDefaults).spec).toMatchObject({
      terminationGracePeriodSeconds: 15,
      activeDeadlineSeconds: 78,
    });
  });
});

describe('the queue', () => {
  it.each([
    ['bk-operator', undefined],
    ['linux', 'linux'],
  ])('in the labels is %s', (queue, own) => {
    const job = sampleJob({ buildkite: { jobId: sampleJobId, ...(own !== undefined && { queue: own }) } });
    expect(renderPod(job, new Map(), podDefaults).metadata?.labels?.['buildkite-operator.io/queue']).toBe(queue);
  });
});
