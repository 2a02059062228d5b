import type { ControllerWorld } from './controller-world.ts';
import { ended, outside, running, waiting } from './kubelet-pod.ts';
import { endsWell, type Life, nextPod } from './life.ts';

/** A job whose agent runs elsewhere, with its checkout under way. */
async function checkingOut(world: ControllerWorld): Promise<string> {
  const key = world.addJob(outside);
  await world.settle(key);
  world.report({ phase: 'Pending', containers: { checkout: running(), 'container-0': waiting('PodInitializing') } });
  await world.settle(key);
  return key;
}

/** Lives of jobs whose agent runs elsewhere. */
export const outsideLives: readonly Life[] = [
  {
    title: 'runs without an agent and fails',
    happen: async world => {
      const key = await checkingOut(world);
      world.runPods();
      await world.settle(key);
      world.endPods(42);
      return key;
    },
    ends: { phase: 'Failed', reason: 'ExitCode', exitCode: 42 },
    pods: 1,
  },
  {
    title: 'runs without an agent and cannot pull its image once it is checked out',
    happen: async world => {
      const key = await checkingOut(world);
      world.report({ phase: 'Pending', containers: { checkout: ended(0), 'container-0': waiting('ImagePullBackOff', 'not found') } });
      await world.settle(key);
      world.wait(31);
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Failed', reason: 'ImagePull' },
    pods: 1,
  },
  {
    title: 'runs without an agent and waits a moment for its Secret',
    happen: async world => {
      const key = world.addJob(outside);
      await world.settle(key);
      world.report({ phase: 'Pending', containers: { checkout: waiting('CreateContainerConfigError', 'secret "x" not found') } });
      await world.settle(key);
      world.wait(10);
      return endsWell(world, key);
    },
    ends: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    pods: 1,
  },
  {
    title: 'runs without an agent, is drained before its checkout, and ends well with the next pod',
    happen: async world => {
      const key = world.addJob(outside);
      await world.settle(key);
      world.report({ phase: 'Pending', initContainers: { 'copy-agent': running() }, containers: { checkout: waiting('PodInitializing') } });
      await world.settle(key);
      world.disruptPods('EvictionByEvictionAPI');
      await world.settle(key);
      world.sweepNodes();
      await nextPod(world, key);
      return endsWell(world, key);
    },
    ends: { phase: 'Succeeded', reason: 'Completed', exitCode: 0 },
    pods: 2,
  },
  {
    title: 'runs without an agent and loses its node before its checkout, which may go on unseen',
    happen: async world => {
      const key = world.addJob(outside);
      await world.settle(key);
      world.report({ phase: 'Pending', initContainers: { 'copy-agent': running() } });
      await world.settle(key);
      world.disruptPods('DeletionByTaintManager');
      world.cutNodesOff();
      await world.settle(key);
      world.wait(121);
      await world.settle(key);
      return key;
    },
    ends: { phase: 'Failed', reason: 'NodeLost' },
    pods: 1,
  },
  {
    title: 'runs without an agent and is drained during its checkout',
    happen: async world => {
      const key = await checkingOut(world);
      world.disruptPods('EvictionByEvictionAPI');
      await world.settle(key);
      world.sweepNodes();
      return key;
    },
    ends: { phase: 'Failed', reason: 'Evicted' },
    pods: 1,
  },
];
