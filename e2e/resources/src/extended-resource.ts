import { attachCluster } from '@buildkite-operator/e2e-cluster';

/** An extended resource of a node, under a name that no other test has, as a device plugin would offer it. */
export interface ExtendedResource extends AsyncDisposable {
  /** As pods ask for it. */
  readonly name: string;
}

/** Gives the node so many of a new resource. */
export async function offerResource(node: string, count: number): Promise<ExtendedResource> {
  const cluster = await attachCluster();
  const name = `example.com/device-${crypto.randomUUID().slice(0, 8)}`;
  const set = async (quantity: string | null) => {
    const quantities = { [name]: quantity };
    const patch = JSON.stringify({ status: { capacity: quantities, allocatable: quantities } });
    await cluster.kubectl('patch', 'node', node, '--subresource=status', '--type=merge', '--patch', patch);
  };
  await set(String(count));
  return { name, [Symbol.asyncDispose]: () => set(null) };
}
