import { setTimeout as delay } from 'node:timers/promises';
import { type ConfigInput, defaultConfigMapName } from '@buildkite-operator/config';
import { configData } from './config-data.ts';
import type { Kubectl } from './kubectl.ts';
import { type Overlay, withOverlay } from './overlay.ts';

/** Namespace of the operator and its jobs in the demo and the tests. */
export const operatorNamespace = 'buildkite-operator';

/** The labels of the controller's pods. */
export const controllerSelector = 'app.kubernetes.io/name=controller,app.kubernetes.io/part-of=buildkite-operator';

/** The labels of everything that belongs to the webhooks, their pods among it. */
export const webhooksSelector = 'app.kubernetes.io/name=webhooks,app.kubernetes.io/part-of=buildkite-operator';

/** The labels of everything that belongs to the jobspawner, its pods among it. */
export const jobspawnerSelector = 'app.kubernetes.io/name=jobspawner,app.kubernetes.io/part-of=buildkite-operator';

export interface Installation {
  /**
   * Image references that the cluster's nodes can pull. The admission webhooks are installed where theirs is given; without them bad
   * BuildJobs reach the controller. So is the jobspawner; without it nothing is taken from Buildkite's queues.
   */
  readonly images: { readonly controller: string; readonly agent: string; readonly webhooks?: string; readonly jobspawner?: string };
  /** Buildkite's agent API, as pods reach it. */
  readonly agentEndpoint: string;
  readonly agentToken: string;
  /** Further configuration of the operator. */
  readonly config?: ConfigInput;
}

const selectors = { webhooks: webhooksSelector, jobspawner: jobspawnerSelector } as const;
const optionalServices = ['webhooks', 'jobspawner'] as const;

/** How long the ends of jobs may take to be reported before the operator is removed. */
const reportMs = 20_000;

/** Installs or updates the operator with `kubectl apply -k` and waits until its Deployments are rolled out. */
export async function installOperator(kubectl: Kubectl, installation: Installation): Promise<void> {
  await withOverlay(overlayOf(installation), async folder => {
    await kubectl(['apply', '--server-side', '--force-conflicts', '-k', folder]);
  });
  const definitions = ['crd/buildjobs.buildkite-operator.io', 'crd/buildenvironments.buildkite-operator.io'];
  await kubectl(['wait', '--for=condition=Established', ...definitions, '--timeout=30s']);
  const deployments = ['controller', ...optionalServices.filter(name => installation.images[name] !== undefined)];
  for (const name of deployments)
    await kubectl(['rollout', 'status', `deployment/buildkite-operator-${name}`, '-n', operatorNamespace, '--timeout=110s']);
}

/** Whether a namespace is there. In those of demo and tests it was left by one that was killed, or kept. */
export async function hasNamespace(kubectl: Kubectl, name: string): Promise<boolean> {
  return (await kubectl(['get', 'namespace', name, '--ignore-not-found', '-o', 'name'])) !== '';
}

/** Ends every job, then removes the operator with all that belongs to it, whatever it was installed with. */
export async function uninstallOperator(kubectl: Kubectl): Promise<void> {
  const inNamespace = ['-n', operatorNamespace, '--timeout=100s'];
  const definition = await kubectl(['get', 'crd', 'buildjobs.buildkite-operator.io', '--ignore-not-found', '-o', 'name']);
  // The controller must still be there to see the pods out.
  if (definition !== '') await kubectl(['delete', 'buildjobs', '--all', '--ignore-not-found', '--wait=false', '-n', operatorNamespace]);
  await kubectl(['wait', '--for=delete', 'pods', '-l', 'app.kubernetes.io/managed-by=buildkite-operator', ...inNamespace]);
  if (definition !== '') await letBuildJobsGo(kubectl);
  await withOverlay(overlayOf(anyInstallation), async folder => {
    await kubectl(['delete', '-k', folder, '--ignore-not-found', '--timeout=110s']);
  });
}

/** Gives the jobspawner time to tell Buildkite how the jobs ended, then lets go those of which nobody is there to tell. */
async function letBuildJobsGo(kubectl: Kubectl): Promise<void> {
  const left = async () =>
    (await kubectl(['get', 'buildjobs', '-n', operatorNamespace, '-o', 'name'])).split('\n').filter(name => name !== '');
  for (const endsAt = Date.now() + reportMs; Date.now() < endsAt; await delay(500)) if ((await left()).length === 0) return;
  for (const name of await left())
    await kubectl(['patch', name, '-n', operatorNamespace, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
}

/** Only names of objects count when they are deleted. */
const anyInstallation: Installation = {
  images: { controller: 'any', agent: 'any', webhooks: 'any', jobspawner: 'any' },
  agentEndpoint: 'http://any',
  agentToken: 'any',
};

/** What only the cluster at hand can know, on top of the overlay for local clusters. */
function overlayOf({ images, agentEndpoint, agentToken, config = {} }: Installation): Overlay {
  const pod_defaults = { agentImage: images.agent, agentEndpoint, ...config.pod_defaults };
  return {
    base: 'deploy/overlays/local',
    namespace: operatorNamespace,
    images: {
      'buildkite-operator/controller': images.controller,
      ...Object.fromEntries(
        optionalServices.flatMap(name => (images[name] === undefined ? [] : [[`buildkite-operator/${name}`, images[name]]])),
      ),
    },
    without: optionalServices.filter(name => images[name] === undefined).map(name => selectors[name]),
    settings: { [defaultConfigMapName]: configData({ ...config, pod_defaults }) },
    secrets: { 'buildkite-agent-token': { BUILDKITE_AGENT_TOKEN: agentToken } },
  };
}
