import type { BuildJob } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { type Composition, compose, type Environments, type ResolvedContainer } from './compose.ts';
import type { PodDefaults } from './defaults.ts';
import { asKubernetes, type Container, type HostAlias, type PodSpec, type SecurityContext, type Volume } from './kubernetes-pod.ts';
import { podAnnotations, podLabels } from './metadata.ts';
import { paths, podFinalizer, podNameFor, volumeNames } from './names.ts';
import { agentContainer, checkoutContainer, commandContainer, type PodSettings, setupContainer } from './own-containers.ts';
import { checkPatchLeftProtocol, patchedPodSpec } from './patch-protection.ts';
import { placement } from './placement.ts';
import { allContainers, checkContainerNames, checkCredentialsConfined, checkMountPaths, checkTokenConfined } from './protection.ts';
import { RenderError } from './render-error.ts';
import { type JsonObject, StrategicMergeError, strategicMerge } from './strategic-merge/index.ts';

/** How much longer than its timeouts a pod may live when nobody enforces them, for example because the controller is away. */
const deadlineMarginSeconds = 60;

/** The API server takes no longer one. */
const longestDeadlineSeconds = 2_147_483_647;

/** The job's own time limits over the operator's. */
export function timeoutsOf({ spec }: BuildJob, defaults: PodDefaults) {
  return {
    timeoutSeconds: spec.timeoutSeconds ?? defaults.timeoutSeconds,
    pendingTimeoutSeconds: spec.pendingTimeoutSeconds ?? defaults.pendingTimeoutSeconds,
    ttlSecondsAfterFinished: spec.ttlSecondsAfterFinished ?? defaults.ttlSecondsAfterFinished,
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? defaults.terminationGracePeriodSeconds,
  };
}

/**
 * The pod that runs the job: set-up, the job's init containers and native sidecars, then agent, checkout and command.
 * Pure; throws RenderError where no pod can be made, with the field to correct. The caller adds the owner reference.
 */
export function renderPod(job: BuildJob, environments: Environments, defaults: PodDefaults): Pod {
  const composition = compose(job, environments, defaults);
  checkContainerNames([...composition.initContainers, ...composition.sidecars]);
  const spec = applyPatch(podSpec(job, composition, defaults), job.spec.podPatch);
  for (const container of allContainers(spec)) checkMountPaths(container, `container ${container.name}`);
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podNameFor(job.spec.buildkite.jobId),
      namespace: job.metadata.namespace,
      labels: podLabels(job, queueOf(job, defaults), composition.environmentName, composition.environment),
      annotations: podAnnotations(job, composition.environment),
      finalizers: [podFinalizer],
    },
    spec,
  };
  checkTokenConfined(spec, defaults.agentTokenSecret.name);
  checkCredentialsConfined(spec);
  return pod;
}

function podSpec(job: BuildJob, composition: Composition, defaults: PodDefaults): PodSpec {
  const { spec } = job;
  const timeouts = timeoutsOf(job, defaults);
  const settings: PodSettings = {
    podName: podNameFor(spec.buildkite.jobId),
    queue: queueOf(job, defaults),
    gracePeriodSeconds: timeouts.terminationGracePeriodSeconds,
    pendingTimeoutSeconds: timeouts.pendingTimeoutSeconds,
  };
  const user = userOf(composition);
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: timeouts.terminationGracePeriodSeconds,
    activeDeadlineSeconds: Math.min(
      timeouts.timeoutSeconds + timeouts.pendingTimeoutSeconds + timeouts.terminationGracePeriodSeconds + deadlineMarginSeconds,
      longestDeadlineSeconds,
    ),
    enableServiceLinks: false,
    ...placement(job, composition),
    ...environmentParts(composition),
    volumes: podVolumes(job, composition, defaults),
    initContainers: [
      setupContainer(defaults, user),
      ...composition.initContainers.map(container => additionalContainer(container, { terminationMessagePolicy: 'FallbackToLogsOnError' })),
      ...composition.sidecars.map(container => additionalContainer(container, { restartPolicy: 'Always' })),
    ],
    containers: [
      agentContainer(job, defaults, settings, user),
      ...(spec.checkout?.skip === true ? [] : [checkoutContainer(job, defaults, settings, user)]),
      commandContainer(job, composition, settings),
    ],
  };
}

/** What only an environment can say of a pod. */
function environmentParts({ environment }: Composition): Partial<PodSpec> {
  const { runtimeClassName, podSecurityContext, imagePullSecrets, hostAliases } = environment;
  return {
    ...(runtimeClassName !== undefined && { runtimeClassName }),
    ...(podSecurityContext !== undefined && { securityContext: podSecurityContext }),
    ...(imagePullSecrets !== undefined && { imagePullSecrets }),
    ...(hostAliases !== undefined && { hostAliases: asKubernetes<HostAlias[]>(hostAliases) }),
  };
}

function queueOf(job: BuildJob, defaults: PodDefaults): string {
  return job.spec.buildkite.queue ?? defaults.queue;
}

function userOf({ command, environment }: Composition): SecurityContext {
  const { runAsUser, runAsGroup } = { ...environment.podSecurityContext, ...command.securityContext } as SecurityContext;
  return { ...(runAsUser !== undefined && { runAsUser }), ...(runAsGroup !== undefined && { runAsGroup }) };
}

function additionalContainer({ name, template }: ResolvedContainer, extra: Partial<Container> = {}): Container {
  const workspace = { name: volumeNames.workspace, mountPath: paths.workspace };
  return { ...asKubernetes<Partial<Container>>(template), name, ...extra, volumeMounts: [workspace, ...(template.volumeMounts ?? [])] };
}

function podVolumes(job: BuildJob, { volumes }: Composition, { agentTokenSecret }: PodDefaults): Volume[] {
  const credentials = job.spec.checkout?.credentialsSecret;
  return [
    { name: volumeNames.workspace, emptyDir: {} },
    { name: volumeNames.agentHooks, emptyDir: {} },
    {
      name: volumeNames.agentToken,
      secret: { secretName: agentTokenSecret.name, items: [{ key: agentTokenSecret.key, path: agentTokenSecret.key }] },
    },
    ...(credentials === undefined
      ? []
      : [
          {
            name: volumeNames.gitCredentials,
            projected: {
              sources: [{ secret: { name: credentials, optional: true, items: [{ key: '.git-credentials', path: '.git-credentials' }] } }],
            },
          },
        ]),
    ...volumes.map(volume => asKubernetes<Volume>(volume)),
  ];
}

function applyPatch(spec: PodSpec, patch: Readonly<Record<string, unknown>> | undefined): PodSpec {
  if (patch === undefined) return spec;
  try {
    const outcome = strategicMerge(asKubernetes<JsonObject>(spec), asKubernetes<JsonObject>(patch), { at: 'spec.podPatch' });
    const patched = patchedPodSpec(outcome);
    checkPatchLeftProtocol(spec, patched);
    return patched;
  } catch (error) {
    if (error instanceof StrategicMergeError) throw new RenderError('PatchRefused', error.field, error.problem);
    throw error;
  }
}
