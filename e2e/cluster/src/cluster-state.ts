import { readdirSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { ClusterIdentity } from './cluster-identity.ts';
import { maximumNodes, subnetCount } from './subnet.ts';

const taintSchema = z.object({
  key: z.string(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

const nodeSchema = z.object({
  name: z.string(),
  slot: z.int().min(0).lt(maximumNodes),
  /** What it registers with, so that no pod comes to it before it is labelled and tainted. */
  labels: z.record(z.string(), z.string()).optional(),
  taints: z.array(taintSchema).optional(),
});

/** Folders of the binaries that a cluster is made of, and the archive of its pause image. */
const toolsSchema = z.object({ kubernetes: z.string(), coredns: z.string(), registry: z.string(), pauseImage: z.string() });

const stateSchema = z.object({
  root: z.string(),
  subnet: z.int().min(0).lt(subnetCount),
  /** Of the binaries and of the layout; a cluster of another version is not taken up but replaced. */
  version: z.string(),
  /** Whether the cluster once came up whole. */
  complete: z.boolean(),
  nodes: z.array(nodeSchema),
  tools: toolsSchema,
});

export type ClusterState = z.infer<typeof stateSchema>;
export type ClusterTools = z.infer<typeof toolsSchema>;
export type NodePlace = z.infer<typeof nodeSchema>;
export type NodeTaint = z.infer<typeof taintSchema>;

/** What is written down about a cluster, or undefined when nothing (readable) is. */
export async function readState(directory: string): Promise<ClusterState | undefined> {
  const text = await readFile(statePath(directory), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    // Half a file, or one of another version: the same as no knowledge of that cluster.
    return undefined;
  }
}

export async function writeState(directory: string, state: ClusterState): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const unfinished = `${statePath(directory)}.unfinished`;
  await writeFile(unfinished, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(unfinished, statePath(directory));
}

/** The subnets that the other clusters of this cache claim. */
export async function subnetsOfOthers(identity: ClusterIdentity): Promise<Set<number>> {
  const parent = dirname(identity.directory);
  let names: string[] = [];
  try {
    names = readdirSync(parent);
  } catch {
    // No cluster was ever started.
  }
  const states = await Promise.all(names.filter(name => name !== identity.id).map(name => readState(join(parent, name))));
  return new Set(states.flatMap(state => (state === undefined ? [] : [state.subnet])));
}

function statePath(directory: string): string {
  return join(directory, 'cluster.json');
}
