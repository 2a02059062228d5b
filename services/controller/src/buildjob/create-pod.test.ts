import { KubeError } from '@buildkite-operator/kube';
import { sampleJobId } from '@buildkite-operator/podspec/testing';
import { describe, expect, it } from 'vitest';
import { ControllerWorld } from './testing/controller-world.ts';
import { at } from './testing/kubelet-pod.ts';

const key = 'jobs/bk-job';

async function refusedWith(error: KubeError) {
  const world = new ControllerWorld(3600);
  world.addJob();
  world.server.refusePods = error;
  world.sync();
  const result = await world.reconcile(key);
  return { result, status: world.server.jobs[0]?.status };
}

describe('the pod of a job', () => {
  it('is named after the Buildkite job, belongs to the BuildJob and is held until its end is recorded', async () => {
    const world = new ControllerWorld();
    world.addJob();
    world.sync();
    await world.reconcile(key);
    const owner = world.server.jobs[0]?.metadata;
    expect(world.server.pods[0]?.metadata).toMatchObject({
      name: `bk-${sampleJobId}`,
      namespace: 'jobs',
      finalizers: ['buildkite-operator.io/record-ending'],
      ownerReferences: [
        {
          apiVersion: 'buildkite-operator.io/v1alpha1',
          kind: 'BuildJob',
          name: 'bk-job',
          uid: owner?.uid,
          controller: true,
          blockOwnerDeletion: false,
        },
      ],
    });
  });
});

describe('a pod that the API server refuses', () => {
  it.each([
    ['Invalid', 'spec.containers[2].resources: must be less than or equal to memory limit'],
    ['BadRequest', 'Pod in version "v1" cannot be handled: unknown field'],
    ['RequestEntityTooLarge', 'limit is 3145728'],
    ['Forbidden', 'violates PodSecurity "restricted:latest": privileged'],
    ['Forbidden', 'no PriorityClass with name ci-high was found'],
  ])('as %s ends the job, in its words: %s', async (code, message) => {
    const { status } = await refusedWith(new KubeError(code, message));
    expect(status).toMatchObject({
      phase: 'Failed',
      reason: 'Rejected',
      message: expect.stringContaining(`the API server refuses the pod: ${message}; `),
    });
  });

  it('for a full quota is tried again soon', async () => {
    const message = 'pods "bk" is forbidden: exceeded quota: compute, requested: limits.memory=1Gi, used: 8Gi, limited: 8Gi';
    const { status, result } = await refusedWith(new KubeError('Forbidden', message));
    expect(status).toMatchObject({
      phase: 'Pending',
      reason: 'QuotaExceeded',
      message: expect.stringContaining(`${message}; the pod is tried again until there is room: ask for less`),
    });
    expect(result).toStrictEqual({ kind: 'requeue', afterMs: 5000 });
  });

  it.each(['InternalError', 'TooManyRequests', 'Unauthorized', 'NotFound', 'Timeout', 'Unreachable'])(
    'as %s is tried again by the work queue',
    async code => {
      const { status, result } = await refusedWith(new KubeError(code, 'x'));
      expect(result).toMatchObject({ code });
      expect(status).toMatchObject({ phase: 'Pending' });
    },
  );
});

describe('an environment that is not there', () => {
  it('is waited for until its grace is over, then the job fails', async () => {
    const world = new ControllerWorld(3600);
    world.addJob({ environment: 'node' });
    world.wait(10);
    world.sync();
    expect(await world.reconcile(key)).toStrictEqual({ kind: 'requeue', afterMs: 20_000 });
    expect(world.server.jobs[0]?.status).toMatchObject({ phase: 'Pending', reason: 'EnvironmentNotFound' });
    world.wait(20);
    world.sync();
    await world.reconcile(key);
    expect(world.server.jobs[0]?.status).toMatchObject({
      phase: 'Failed',
      reason: 'EnvironmentNotFound',
      finishedTime: at(30),
      message: expect.stringContaining('spec.environment: "node" is no BuildEnvironment'),
    });
  });
});

describe('a job that cannot have its pod', () => {
  it('is told everything that is wrong with it, and all that policy forbids, at once', async () => {
    const world = new ControllerWorld(3600);
    const mounts = [{ name: 'nowhere', mountPath: '/x' }];
    world.addJob({
      extraContainers: [
        { name: 'agent', image: 'x' },
        { name: 'docker', image: 'x', securityContext: { privileged: true }, volumeMounts: mounts },
      ],
    });
    world.sync();
    await world.reconcile(key);
    const { status } = world.server.jobs[0] ?? {};
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Rejected' });
    for (const field of [
      'spec.extraContainers[0].name',
      'spec.extraContainers[1].volumeMounts[0].name',
      'spec.extraContainers[1].securityContext.privileged',
    ])
      expect(status?.message).toContain(field);
    expect(world.server.podsMade).toStrictEqual([]);
  });

  it('because policy forbids something, and nothing else is wrong, is rejected', async () => {
    const world = new ControllerWorld(3600);
    world.addJob({ extraContainers: [{ name: 'docker', image: 'x', securityContext: { privileged: true } }] });
    world.sync();
    await world.reconcile(key);
    expect(world.server.jobs[0]?.status).toMatchObject({
      phase: 'Failed',
      reason: 'Rejected',
      message: expect.stringContaining('spec.extraContainers[0].securityContext.privileged'),
    });
  });
});
