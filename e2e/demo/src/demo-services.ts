import { randomBytes } from 'node:crypto';
import {
  hasNamespace,
  type Installation,
  installOperator,
  type Kubectl,
  type Overlay,
  uninstallOperator,
  withOverlay,
} from '@buildkite-operator/e2e-operator';
import { SimulatorClient } from '@buildkite-operator/e2e-simulator';
import { forwardPort } from './port-forward.ts';
import type { DemoTarget } from './target.ts';

const namespace = 'buildkite-demo';

/** Repository that the demo's git server serves, as pods reach it. */
export const repositoryUrl = `git://git-server.${namespace}.svc/demo`;

/** Operator, simulator and git server on the cluster. */
export interface DemoServices {
  /** Whether an earlier demo has left some, whose simulator knows another token and other builds. */
  areLeft(): Promise<boolean>;
  /** Installs them and waits until they are ready. */
  install(): Promise<DemoConnection>;
  /** Removes everything that was installed, also of an installation that failed. */
  remove(): Promise<void>;
}

/** A way to the simulator. */
export interface DemoConnection {
  readonly simulator: SimulatorClient;
  /** Closes it; the services stay. */
  disconnect(): Promise<void>;
}

/** What the demo installs on this cluster. */
export function demoServices({ kubectl, images }: DemoTarget): DemoServices {
  const agentToken = `bkct_${randomBytes(16).toString('hex')}`;
  const overlay: Overlay = { base: 'e2e/demo/manifests', namespace, images, secrets: { 'agent-token': { token: agentToken } } };
  const installation: Installation = {
    images: {
      controller: images['buildkite-operator/controller'],
      webhooks: images['buildkite-operator/webhooks'],
      jobspawner: images['buildkite-operator/jobspawner'],
      agent: images['buildkite-operator/agent'],
    },
    agentEndpoint: `http://simulator.${namespace}.svc:8080/v3`,
    agentToken,
  };
  const remove = async () => {
    await uninstallOperator(kubectl);
    await withOverlay(overlay, folder => kubectl(['delete', '-k', folder, '--ignore-not-found', '--timeout=110s']));
  };
  return { areLeft: () => hasNamespace(kubectl, namespace), install: () => install(kubectl, overlay, installation), remove };
}

async function install(kubectl: Kubectl, overlay: Overlay, installation: Installation): Promise<DemoConnection> {
  await withOverlay(overlay, folder => kubectl(['apply', '--server-side', '--force-conflicts', '-k', folder]));
  await installOperator(kubectl, installation);
  for (const name of ['simulator', 'git-server']) {
    await kubectl(['rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=110s']);
  }
  const forward = await forwardPort(kubectl, namespace, 'simulator', 8080);
  return { simulator: new SimulatorClient(forward.origin), disconnect: () => forward.close() };
}
