import { z } from 'zod';
import type { KubeApi } from './kube-api.ts';

const nodeListSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string(), lastHeartbeatTime: z.string().default('') })).default([]),
      }),
    }),
  ),
});

/**
 * The nodes that Kubernetes holds for Ready, each with the time of the kubelet's report that says so, in ms;
 * none when the API server does not answer.
 */
export async function readyNodes(api: KubeApi): Promise<Map<string, number>> {
  let list: unknown;
  try {
    list = await api.get('/api/v1/nodes');
  } catch {
    return new Map();
  }
  const ready = new Map<string, number>();
  for (const { metadata, status } of nodeListSchema.parse(list).items) {
    const condition = status.conditions.find(({ type, status }) => type === 'Ready' && status === 'True');
    if (condition !== undefined) ready.set(metadata.name, Date.parse(condition.lastHeartbeatTime));
  }
  return ready;
}
