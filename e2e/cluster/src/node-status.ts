import { z } from 'zod';
import type { KubeApi } from './kube-api.ts';

const nodeListSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
    }),
  ),
});

/** Names of the nodes that Kubernetes holds for Ready; none when the API server does not answer. */
export async function readyNodes(api: KubeApi): Promise<Set<string>> {
  let list: unknown;
  try {
    list = await api.get('/api/v1/nodes');
  } catch {
    return new Set();
  }
  const { items } = nodeListSchema.parse(list);
  const ready = items.filter(({ status }) => status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True'));
  return new Set(ready.map(({ metadata }) => metadata.name));
}
