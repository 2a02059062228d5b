import type { ControllerWorld } from './controller-world.ts';

/** What happens around a job from its making to the end of all that is left of it. */
export interface Life {
  readonly title: string;
  /** Returns the key of the job. */
  readonly happen: (world: ControllerWorld) => Promise<string>;
  readonly ends: { readonly phase: string; readonly reason: string; readonly exitCode?: number } | undefined;
  readonly pods: 0 | 1 | 2 | 3;
}

/** Until the job has its next pod. */
export async function nextPod(world: ControllerWorld, key: string): Promise<void> {
  await world.settle(key);
  world.wait(10);
  await world.settle(key);
}

/** Pods run and end well. */
export async function endsWell(world: ControllerWorld, key: string): Promise<string> {
  world.runPods();
  await world.settle(key);
  world.endPods(0);
  return key;
}
