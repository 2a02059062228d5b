import { KubeError } from '@buildkite-operator/kube';
import type { ControllerWorld } from './controller-world.ts';
import { ended, running, waiting } from './kubelet-pod.ts';
import { endsWell, type Life, nextPod } from './life.ts';
import { outsideLives } from './outside-lives.ts';

const full = new KubeError(
  'Forbidden',
  'pods "bk-0197" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=5, limited: pods=5',
  {
    status: 403,
  },
);
const refused = new KubeError('Invalid', 'Pod "bk-0197" is invalid: spec.containers[2].image: Required value', { status: 422 });

async function start(world: ControllerWorld): Promise<string> {
  const key = world.addJob();
  await world.settle(key);
  return key;
}

async function started(world: ControllerWorld): Promise<string> {
  const key = await start(world);
  world.report({ phase: 'Pending' });
  await world.settle(key);
  world.runPods();
  await world.settle(key);
  return key;
}

const replacedLives: readonly Life[] = [
  {
    title: 'has a pod that its node refuses, and ends well with the next',
    happen: async world => {
      const key = await start(world);
      world.refusePods();
      await nextPod(world, key);
      return endsWell(world, key);
    },
    ends: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    pods: 2,
  },
  {
    title: 'has pods that every node refuses',
    happen: async world => {
      const key = await start(world);
      for (let pod = 0; pod < 3; pod += 1) {
        world.refusePods();
        await nextPod(world, key);
      }
      return key;
    },
    ends: { phase: 'Failed', reason: 'Evicted' },
    pods: 3,
  },
  {
    title: 'is pre-empted before it starts, and ends well with the next pod',
    happen: async world => {
      const key = await start(world);
      world.report({ phase: 'Pending', containers: { agent: running(), 'container-0': waiting('ContainerCreating') } });
      await world.settle(key);
      world.disruptPods('PreemptionByScheduler');
      await world.settle(key);
      world.sweepNodes();
      await nextPod(world, key);
      return endsWell(world, key);
    },
    ends: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    pods: 2,
  },
  {
    title: 'loses its node before it starts, which never confirms the end of the pod',
    happen: async world => {
      const key = await start(world);
      world.report({ phase: 'Pending', containers: { agent: running() } });
      await world.settle(key);
      world.disruptPods('DeletionByTaintManager');
      await world.settle(key);
      world.wait(121);
      await world.settle(key);
      return key;
    },
    // The pending timeout of these jobs is over by then.
    ends: { phase: 'Failed', reason: 'NodeLost' },
    pods: 1,
  },
  {
    title: 'is drained while it runs',
    happen: async world => {
      const key = await started(world);
      world.disruptPods('EvictionByEvictionAPI');
      await world.settle(key);
      world.sweepNodes();
      return key;
    },
    ends: { phase: 'Failed', reason: 'Evicted' },
    pods: 1,
  },
  {
    title: 'is cancelled while it waits for its next pod',
    happen: async world => {
      const key = await start(world);
      world.refusePods();
      await world.settle(key);
      world.changeJob({ cancelled: true });
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Cancelled', reason: 'Cancelled' },
    pods: 1,
  },
  {
    title: 'is deleted by hand while it waits for its next pod',
    happen: async world => {
      const key = await start(world);
      world.refusePods();
      await world.settle(key);
      world.deleteByHand('buildjobs');
      return key;
    },
    ends: undefined,
    pods: 1,
  },
  {
    title: 'has its pod deleted by hand before it starts',
    happen: async world => {
      const key = await start(world);
      world.report({ phase: 'Pending', containers: { agent: running() } });
      await world.settle(key);
      world.deleteByHand('pods');
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Failed', reason: 'Deleted' },
    pods: 1,
  },
];

export const lives: readonly Life[] = [
  ...replacedLives,
  ...outsideLives,
  {
    title: 'ends well',
    happen: async world => {
      const key = await started(world);
      world.endPods(0);
      return key;
    },
    ends: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    pods: 1,
  },
  {
    title: 'fails',
    happen: async world => {
      const key = await started(world);
      world.endPods(42);
      return key;
    },
    ends: { phase: 'Failed', reason: 'ExitCode', exitCode: 42 },
    pods: 1,
  },
  {
    title: 'ends before anybody saw it run',
    happen: async world => {
      const key = await start(world);
      world.endPods(0);
      return key;
    },
    ends: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    pods: 1,
  },
  {
    title: 'is cancelled before it has a pod',
    happen: async world => {
      const key = world.addJob({ cancelled: true });
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Cancelled', reason: 'Cancelled' },
    pods: 0,
  },
  {
    title: 'is cancelled while it waits for a node',
    happen: async world => {
      const key = await start(world);
      world.changeJob({ cancelled: true });
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Cancelled', reason: 'Cancelled' },
    pods: 1,
  },
  {
    title: 'is cancelled while it runs',
    happen: async world => {
      const key = await started(world);
      world.changeJob({ cancelled: true });
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Cancelled', reason: 'Cancelled' },
    pods: 1,
  },
  {
    title: 'runs too long',
    happen: async world => {
      const key = await started(world);
      world.wait(200);
      await world.settle(key);
      return key;
    },
    ends: { phase: 'TimedOut', reason: 'TimedOut' },
    pods: 1,
  },
  {
    title: 'cannot pull its image',
    happen: async world => {
      const key = await start(world);
      world.report({ phase: 'Pending', containers: { agent: running(), 'container-0': waiting('ImagePullBackOff', 'not found') } });
      await world.settle(key);
      world.wait(31);
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Failed', reason: 'ImagePull' },
    pods: 1,
  },
  {
    title: 'fits no node',
    happen: async world => {
      const key = await start(world);
      world.report({ phase: 'Pending', unschedulable: '0/1 nodes are available: 1 Insufficient cpu.' });
      await world.settle(key);
      world.wait(60);
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Failed', reason: 'Unschedulable' },
    pods: 1,
  },
  {
    title: 'is not acquired',
    happen: async world => {
      const key = await started(world);
      world.report({ containers: { agent: ended(27), checkout: running(), 'container-0': running() } });
      await world.settle(key);
      world.wait(20);
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Failed', reason: 'NotAcquired' },
    pods: 1,
  },
  {
    title: 'has its pod deleted by hand',
    happen: async world => {
      const key = await started(world);
      world.deleteByHand('pods');
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Failed', reason: 'Deleted' },
    pods: 1,
  },
  {
    title: 'is deleted by hand while it runs',
    happen: async world => {
      const key = await started(world);
      world.deleteByHand('buildjobs');
      await world.settle(key);
      return key;
    },
    ends: undefined,
    pods: 1,
  },
  {
    title: 'is deleted by hand while its pod waits for a node',
    happen: async world => {
      const key = await start(world);
      world.deleteByHand('buildjobs');
      await world.settle(key);
      return key;
    },
    ends: undefined,
    pods: 1,
  },
  {
    title: 'waits for a quota, and gets its pod',
    happen: async world => {
      world.server.refusePods = full;
      const key = await start(world);
      world.server.refusePods = undefined;
      await world.settle(key);
      world.runPods();
      await world.settle(key);
      world.endPods(0);
      return key;
    },
    ends: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    pods: 1,
  },
  {
    title: 'waits for a quota in vain',
    happen: async world => {
      world.server.refusePods = full;
      const key = await start(world);
      world.wait(60);
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Failed', reason: 'QuotaExceeded' },
    pods: 0,
  },
  {
    title: 'has a pod that the API server refuses',
    happen: async world => {
      world.server.refusePods = refused;
      return start(world);
    },
    ends: { phase: 'Failed', reason: 'Rejected' },
    pods: 0,
  },
  {
    title: 'names an environment that comes a little later',
    happen: async world => {
      const key = world.addJob({ environment: 'node' });
      await world.settle(key);
      world.addEnvironment('node');
      await world.settle(key);
      world.runPods();
      await world.settle(key);
      world.endPods(0);
      return key;
    },
    ends: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    pods: 1,
  },
  {
    title: 'names an environment that never comes',
    happen: async world => {
      const key = world.addJob({ environment: 'node' });
      await world.settle(key);
      world.wait(31);
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Failed', reason: 'EnvironmentNotFound' },
    pods: 0,
  },
  {
    title: 'has a container with a name of ours',
    happen: async world => {
      const key = world.addJob({ extraContainers: [{ name: 'agent', image: 'x' }] });
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Failed', reason: 'Rejected' },
    pods: 0,
  },
];
