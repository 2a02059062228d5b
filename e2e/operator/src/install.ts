import type { Kubectl } from './kubectl.ts';
import { type Overlay, withOverlay } from './overlay.ts';

/** Namespace of the operator and its jobs in the demo and the tests. */
export const operatorNamespace = 'buildkite-operator';

/** The labels of the controller's pods. */
export const controllerSelector = 'app.kubernetes.io/name=controller,app.kubernetes.io/part-of=buildkite-operator';

export interface Installation {
  /** Image references that the cluster's nodes can pull. */
  readonly images: { readonly controller: string; readonly agent: string };
  /** Buildkite's agent API, as pods reach it. */
  readonly agentEndpoint: string;
  readonly agentToken: string;
  /** Further settings of the controller, by environment variable. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Installs or updates the operator with `kubectl apply -k` and waits until its Deployment is rolled out. */
export async function installOperator(kubectl: Kubectl, installation: Installation): Promise<void> {
  await withOverlay(overlayOf(installation), async folder => {
    await kubectl(['apply', '--server-side', '--force-conflicts', '-k', folder]);
  });
  const definitions = ['crd/buildjobs.buildkite-operator.io', 'crd/buildenvironments.buildkite-operator.io'];
  await kubectl(['wait', '--for=condition=Established', ...definitions, '--timeout=30s']);
  await kubectl(['rollout', 'status', 'deployment/buildkite-operator-controller', '-n', operatorNamespace, '--timeout=110s']);
}

/** Ends every job, then removes the operator with all that belongs to it. */
export async function uninstallOperator(kubectl: Kubectl, installation: Installation): Promise<void> {
  const inNamespace = ['-n', operatorNamespace, '--timeout=100s'];
  const definition = await kubectl(['get', 'crd', 'buildjobs.buildkite-operator.io', '--ignore-not-found', '-o', 'name']);
  // The controller must still be there to see the pods out.
  if (definition !== '') await kubectl(['delete', 'buildjobs', '--all', '--ignore-not-found', ...inNamespace]);
  await kubectl(['wait', '--for=delete', 'pods', '-l', 'app.kubernetes.io/managed-by=buildkite-operator', ...inNamespace]);
  await withOverlay(overlayOf(installation), async folder => {
    await kubectl(['delete', '-k', folder, '--ignore-not-found', '--timeout=110s']);
  });
}

/** What only the cluster at hand can know, on top of the overlay for local clusters. */
function overlayOf({ images, agentEndpoint, agentToken, settings = {} }: Installation): Overlay {
  return {
    base: 'deploy/overlays/local',
    namespace: operatorNamespace,
    images: { 'buildkite-operator/controller': images.controller },
    settings: { 'buildkite-operator-controller-settings': { AGENT_IMAGE: images.agent, AGENT_ENDPOINT: agentEndpoint, ...settings } },
    secrets: { 'buildkite-agent-token': { BUILDKITE_AGENT_TOKEN: agentToken } },
  };
}
