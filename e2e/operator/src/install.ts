import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { repositoryRoot } from '@buildkite-operator/e2e-setup';
import { stringify } from 'yaml';
import type { Kubectl } from './kubectl.ts';

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
  await withOverlay(installation, async folder => {
    await kubectl(['apply', '--server-side', '--force-conflicts', '-k', folder]);
  });
  await kubectl([
    'wait',
    '--for=condition=Established',
    'crd/buildjobs.buildkite-operator.io',
    'crd/buildenvironments.buildkite-operator.io',
    '--timeout=30s',
  ]);
  await kubectl(['rollout', 'status', 'deployment/buildkite-operator-controller', '-n', operatorNamespace, '--timeout=110s']);
}

/** Ends every job, then removes the operator with all that belongs to it. */
export async function uninstallOperator(kubectl: Kubectl, installation: Installation): Promise<void> {
  // The controller must still be there to see the pods out.
  await kubectl(['delete', 'buildjobs', '--all', '-n', operatorNamespace, '--ignore-not-found', '--timeout=100s']);
  await kubectl([
    'wait',
    '--for=delete',
    'pods',
    '-l',
    'app.kubernetes.io/managed-by=buildkite-operator',
    '-n',
    operatorNamespace,
    '--timeout=100s',
  ]);
  await withOverlay(installation, async folder => {
    await kubectl(['delete', '-k', folder, '--ignore-not-found', '--timeout=110s']);
  });
}

/** The overlay for this cluster on top of deploy/overlays/local: what only the machine at hand can know. */
async function withOverlay<T>(installation: Installation, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'buildkite-operator-overlay-'));
  try {
    writeFileSync(join(folder, 'kustomization.yaml'), stringify(overlay(installation, folder)));
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function overlay({ images, agentEndpoint, agentToken, settings = {} }: Installation, folder: string): object {
  const literals = { AGENT_IMAGE: images.agent, AGENT_ENDPOINT: agentEndpoint, ...settings };
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: operatorNamespace,
    resources: [relative(folder, join(repositoryRoot, 'deploy/overlays/local'))],
    images: [imageOverride('buildkite-operator/controller', images.controller)],
    configMapGenerator: [
      {
        name: 'buildkite-operator-controller-settings',
        behavior: 'merge',
        literals: Object.entries(literals).map(([name, value]) => `${name}=${value}`),
      },
    ],
    secretGenerator: [
      { name: 'buildkite-agent-token', literals: [`BUILDKITE_AGENT_TOKEN=${agentToken}`], options: { disableNameSuffixHash: true } },
    ],
  };
}

/** Splits `registry:5000/name:tag` as kustomize wants it; the colon of a port is not a tag's. */
function imageOverride(name: string, reference: string): object {
  const colon = reference.lastIndexOf(':');
  const tagged = colon > reference.lastIndexOf('/');
  return tagged ? { name, newName: reference.slice(0, colon), newTag: reference.slice(colon + 1) } : { name, newName: reference };
}
