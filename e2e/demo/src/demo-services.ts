import { randomBytes } from 'node:crypto';
import { type Installation, installOperator, type Overlay, uninstallOperator, withOverlay } from '@buildkite-operator/e2e-operator';
import { SimulatorClient } from '@buildkite-operator/e2e-simulator';
import { forwardPort } from './port-forward.ts';
import type { DemoTarget } from './target.ts';

const namespace = 'buildkite-demo';

/** Repository that the demo's git server serves, as pods reach it. */
export const repositoryUrl = `git://git-server.${namespace}.svc/demo`;

/** Operator, simulator and git server on the cluster. */
export interface DemoServices {
  readonly simulator: SimulatorClient;
  /** Closes the way to the simulator; the services stay. */
  disconnect(): Promise<void>;
  /** Removes everything that `installServices` has made. */
  remove(): Promise<void>;
}

/** Installs them and waits until they are ready. */
export async function installServices({ kubectl, images }: DemoTarget): Promise<DemoServices> {
  const agentToken = `bkct_${randomBytes(16).toString('hex')}`;
  const overlay: Overlay = { base: 'e2e/demo/manifests', namespace, images, secrets: { 'agent-token': { token: agentToken } } };
  const installation: Installation = {
    images: { controller: images['buildkite-operator/controller'], agent: images['buildkite-operator/agent'] },
    agentEndpoint: `http://simulator.${namespace}.svc:8080/v3`,
    agentToken,
  };
  await withOverlay(overlay, folder => kubectl(['apply', '--server-side', '--force-conflicts', '-k', folder]));
  await installOperator(kubectl, installation);
  for (const name of ['simulator', 'git-server']) {
    await kubectl(['rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=110s']);
  }
  const forward = await forwardPort(kubectl, namespace, 'simulator', 8080);
  return {
    simulator: new SimulatorClient(forward.origin),
    disconnect: () => forward.close(),
    remove: async () => {
      await uninstallOperator(kubectl, installation);
      await withOverlay(overlay, folder => kubectl(['delete', '-k', folder, '--ignore-not-found', '--timeout=110s']));
    },
  };
}
