import { containerNames } from './names.ts';
import { freeParts } from './patch-protection.ts';

/**
 * A job's patch as a pod without an agent takes it, so that settings written for the pods of all jobs serve this one, too: what is for the
 * checkout goes to the init containers, where it stands here, and what a patch may set of the agent falls away. The rest is as it was.
 */
export function patchWithoutAgent(patch: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { containers, initContainers = [] } = patch;
  if (!Array.isArray(containers) || !Array.isArray(initContainers)) return patch;
  const entries: readonly unknown[] = containers;
  const moved = entries.filter(entry => nameOf(entry) === containerNames.checkout);
  const others = entries.filter(entry => nameOf(entry) !== containerNames.checkout && !isForAgentOnly(entry));
  return { ...patch, containers: others, ...(moved.length > 0 && { initContainers: [...initContainers, ...moved] }) };
}

/** Whatever else it says would be refused of an agent, and must not be ignored where there is none. */
function isForAgentOnly(entry: unknown): boolean {
  if (typeof entry !== 'object' || entry === null || nameOf(entry) !== containerNames.agent) return false;
  return Object.keys(entry).every(part => part === 'name' || freeParts.has(part));
}

function nameOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'name') : undefined;
}
