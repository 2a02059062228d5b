import type { World, WorldEvents } from './world.ts';

/**
 * Waits until `check` gives something, looking again whenever one of the events happens. Gives undefined when the time is
 * over or the signal is aborted.
 */
export async function waitForChange<T>(
  world: World,
  names: readonly (keyof WorldEvents)[],
  check: () => T | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<T | undefined> {
  const first = check();
  if (first !== undefined || signal.aborted) return first;
  return new Promise(resolve => {
    const end = (value: T | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      for (const name of names) world.events.off(name, look);
      resolve(value);
    };
    const look = () => {
      const value = check();
      if (value !== undefined) end(value);
    };
    const giveUp = () => end(undefined);
    const timer = setTimeout(giveUp, timeoutMs);
    signal.addEventListener('abort', giveUp);
    for (const name of names) world.events.on(name, look);
  });
}
