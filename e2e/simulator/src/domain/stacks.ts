import { randomUUID } from 'node:crypto';
import type { Cluster, Job, Queue, Stack, StackType } from './records.ts';
import { Refusal } from './refusal.ts';
import { defaultQueueKey, type World } from './world.ts';

export interface StackRegistration {
  readonly key: string;
  readonly type: StackType;
  readonly queueKey: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export type StackState = 'connected' | 'disconnected' | 'lost';

/** Names of the default queue: the documentation has the first, the official client the second. */
const defaultQueueNames: ReadonlySet<string> = new Set(['__default__', '_default']);

/**
 * Registers a stack, or brings a known one up to date; `isNew` tells which. Refused when its queue is unknown
 * (`not-found`), another cluster has the key (`unprocessable`), or the organization has too many stacks (`forbidden`).
 */
export function registerStack(
  world: World,
  cluster: Cluster,
  { key, type, queueKey, metadata }: StackRegistration,
): { readonly stack: Stack; readonly isNew: boolean } {
  const queue = requireQueue(cluster, queueKey);
  const known = world.stacks.get(key);
  if (known !== undefined && known.clusterId !== cluster.id)
    throw new Refusal('unprocessable', `stack key ${key} is taken by another cluster`);
  if (known === undefined || stackState(world, known) !== 'connected') refuseTooMany(world);
  const now = world.clock.now();
  const stack: Stack = known ?? {
    id: randomUUID(),
    key,
    clusterId: cluster.id,
    type,
    queueKey: queue.key,
    metadata,
    registeredAt: now,
    lastConnectedAt: now,
    polledQueues: new Map(),
    toldStates: new WeakMap(),
    lostRaces: new WeakMap(),
  };
  world.stacks.set(key, stack);
  Object.assign(stack, { type, queueKey: queue.key, metadata, lastConnectedAt: now, deregisteredAt: undefined });
  return { stack, isNew: known === undefined };
}

function refuseTooMany(world: World): void {
  const active = [...world.stacks.values()].filter(stack => stackState(world, stack) === 'connected').length;
  const { maxActiveStacks } = world.settings;
  if (active >= maxActiveStacks)
    throw new Refusal('forbidden', `the organization has ${active} active stacks; the limit is ${maxActiveStacks}`);
}

/** The stack leaves. What it has reserved stays reserved until that expires. */
export function deregisterStack(world: World, stack: Stack): void {
  stack.deregisteredAt = world.clock.now();
}

/** `lost` when it has not called for longer than `lostStackAfterMs`; its next call makes it `connected` again. */
export function stackState(world: World, { deregisteredAt, lastConnectedAt }: Stack): StackState {
  if (deregisteredAt !== undefined) return 'disconnected';
  return lastConnectedAt + world.settings.lostStackAfterMs < world.clock.now() ? 'lost' : 'connected';
}

/** Looks up the stack that calls, and notes the sign of life. */
export function requireStack(world: World, cluster: Cluster, key: string): Stack {
  const stack = world.stacks.get(key);
  if (stack === undefined || stack.clusterId !== cluster.id || stack.deregisteredAt !== undefined)
    throw new Refusal('not-found', `no stack ${key} in this cluster; register it first`);
  stack.lastConnectedAt = world.clock.now();
  return stack;
}

/** Looks a queue up by its key or one of the names of the default queue. */
export function requireQueue(cluster: Cluster, key: string): Queue {
  const queue = cluster.queues.get(defaultQueueNames.has(key) ? defaultQueueKey : key);
  if (queue === undefined) {
    throw new Refusal('not-found', `no queue ${key} in cluster ${cluster.name}; it has ${[...cluster.queues.keys()].join(', ')}`);
  }
  return queue;
}

/** The stack that is connected and serves the queue of the job, if there is one. */
export function stackServing(world: World, clusterId: string, { queueKey }: Job): Stack | undefined {
  return [...world.stacks.values()].find(
    stack =>
      stack.clusterId === clusterId &&
      (stack.queueKey === queueKey || stack.polledQueues.has(queueKey)) &&
      stackState(world, stack) === 'connected',
  );
}

/** When the stack was first told that the queue is paused, if it is paused now. */
export function toldOfPauseAt({ polledQueues }: Stack, { key, pausedAt }: Queue): number | undefined {
  const toldAt = polledQueues.get(key)?.toldOfPauseAt;
  return pausedAt !== undefined && toldAt !== undefined && toldAt >= pausedAt ? toldAt : undefined;
}

/** Pauses or resumes the dispatch of a queue. Pausing a paused queue changes nothing. */
export function setDispatchPaused(world: World, queue: Queue, paused: boolean): void {
  queue.dispatchPaused = paused;
  queue.pausedAt = paused ? (queue.pausedAt ?? world.clock.now()) : undefined;
}
