import { attachCluster } from '@buildkite-operator/e2e-cluster';

/** A label that a test has put on a node. */
export interface NodeLabel extends AsyncDisposable {
  /** The node's name. */
  readonly node: string;
}

/** Puts a label on a node until it is disposed of. */
export async function labelNode(node: string, key: string, value: string): Promise<NodeLabel> {
  const cluster = await attachCluster();
  await cluster.kubectl('label', 'node', node, `${key}=${value}`);
  return {
    node,
    [Symbol.asyncDispose]: async () => {
      await cluster.kubectl('label', 'node', node, `${key}-`);
    },
  };
}
