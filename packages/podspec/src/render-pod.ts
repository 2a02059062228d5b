import type { BuildJob } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { type Composition, compose, namedContainers } from './compose.ts';
import type { PodDefaults } from './defaults.ts';
import { fieldOfFinding, patchFieldOf } from './field-of-finding.ts';
import { asKubernetes, type Container, type HostAlias, type PodSpec, type SecurityContext, type Volume } from './kubernetes-pod.ts';
import { podAnnotations, podLabels } from './metadata.ts';
import { paths, podFinalizer, podNameFor, volumeNames } from './names.ts';
import { outsideCheckout, outsideCommand, outsideSetup } from './outside-containers.ts';
import { patchWithoutAgent } from './outside-patch.ts';
import type { PodSettings } from './own-container-parts.ts';
import { agentContainer, checkoutContainer, commandContainer, setupContainer } from './own-containers.ts';
import { checkPatchLeftProtocol, patchedPodSpec } from './patch-protection.ts';
import { checkNodeSettings, placement } from './placement.ts';
import { distinct, type Problem, type Report } from './problem.ts';
import { checkContainerNames, type Finding, newFindings, podFindings } from './protection.ts';
import { RenderError } from './render-error.ts';
import type { Environments, ResolvedContainer } from './resolve-container.ts';
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
 * The pod that runs the job: set-up, the job's init containers and native sidecars, then agent, checkout and command. Of a job whose agent
 * runs elsewhere, the checkout is the last of the init containers, and there is no agent.
 * Pure; throws RenderError with all problems where no pod can be made. The caller adds the owner reference.
 */
export function renderPod(job: BuildJob, environments: Environments, defaults: PodDefaults): Pod {
  const { pod, problems } = attemptPod(job, environments, defaults);
  const [first, ...others] = problems;
  if (first !== undefined) throw new RenderError(first, ...others);
  return pod;
}

/** What comes of a job. */
export interface Attempt {
  readonly pod: Pod;
  readonly composition: Composition;
  readonly problems: readonly Problem[];
}

/** The pod as far as it can be made, and everything that is wrong with it. */
export function attemptPod(job: BuildJob, environments: Environments, defaults: PodDefaults): Attempt {
  const problems: Problem[] = [];
  const report: Report = problem => problems.push(problem);
  const composition = compose(job, environments, defaults, report);
  checkNodeSettings(job, composition, report);
  const namesUnique = checkContainerNames(namedContainers(composition), report);
  const plain = podSpec(job, composition, defaults, report);
  // A patch finds containers by name; where names clash, it would be judged by what it never meant.
  const spec = (namesUnique ? applyPatch(plain, job.spec, report) : undefined) ?? plain;
  const [before, after] = [plain, spec].map(one => podFindings(one, defaults.agentTokenSecret.name)) as [Finding[], Finding[]];
  const brought = newFindings(after, before);
  for (const finding of after) {
    const { code, value, problem } = finding;
    const field = brought.includes(finding) ? patchFieldOf(finding, job.spec.podPatch ?? {}) : fieldOfFinding(finding, composition);
    report({ code, field, problem, ...(value !== undefined && { value }) });
  }
  // A patch may have taken a sidecar away.
  const kept = new Set(spec.initContainers?.map(({ name }) => name));
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podNameFor(job.spec.buildkite.jobId),
      namespace: job.metadata.namespace,
      labels: podLabels(job, queueOf(job, defaults), composition),
      annotations: podAnnotations(job, { ...composition, sidecars: composition.sidecars.filter(({ name }) => kept.has(name)) }),
      finalizers: [podFinalizer],
    },
    spec,
  };
  // An environment in several roles has its faults once.
  return { pod, composition, problems: distinct(problems) };
}

function podSpec(job: BuildJob, composition: Composition, defaults: PodDefaults, report: Report): PodSpec {
  const { spec } = job;
  const timeouts = timeoutsOf(job, defaults);
  const settings: PodSettings = {
    podName: podNameFor(spec.buildkite.jobId),
    queue: queueOf(job, defaults),
    gracePeriodSeconds: timeouts.terminationGracePeriodSeconds,
    pendingTimeoutSeconds: timeouts.pendingTimeoutSeconds,
  };
  const own = ownContainers(job, composition, defaults, settings, report);
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: timeouts.terminationGracePeriodSeconds,
    activeDeadlineSeconds: Math.min(
      timeouts.timeoutSeconds + timeouts.pendingTimeoutSeconds + timeouts.terminationGracePeriodSeconds + deadlineMarginSeconds,
      longestDeadlineSeconds,
    ),
    enableServiceLinks: false,
    ...placement(job, composition, defaults),
    ...environmentParts(composition),
    volumes: podVolumes(job, composition, defaults),
    initContainers: [
      own.setup,
      ...composition.initContainers.map(container => additionalContainer(container, { terminationMessagePolicy: 'FallbackToLogsOnError' })),
      ...composition.sidecars.map(container =>
        additionalContainer(container, { restartPolicy: 'Always', terminationMessagePolicy: 'FallbackToLogsOnError' }),
      ),
      ...own.lastInitContainers,
    ],
    containers: own.containers,
  };
}

interface OwnContainers {
  readonly setup: Container;
  readonly lastInitContainers: readonly Container[];
  readonly containers: Container[];
}

function ownContainers(
  job: BuildJob,
  composition: Composition,
  defaults: PodDefaults,
  settings: PodSettings,
  report: Report,
): OwnContainers {
  const { buildkite, checkout } = job.spec;
  const { commands } = composition;
  const user = userOf(composition);
  const secret = buildkite.outsideAgent?.environmentSecret;
  if (secret !== undefined)
    return {
      setup: outsideSetup(secret, defaults, commands, user),
      lastInitContainers: checkout?.skip === true ? [] : [outsideCheckout(secret, job, defaults, settings, user)],
      containers: commands.map(command => outsideCommand(secret, job, command, settings, report)),
    };
  return {
    setup: setupContainer(defaults, settings.podName, commands, user),
    lastInitContainers: [],
    containers: [
      agentContainer(job, defaults, settings, user),
      ...(checkout?.skip === true ? [] : [checkoutContainer(job, defaults, settings, user)]),
      ...commands.map(command => commandContainer(job, command, settings, report)),
    ],
  };
}

/** What only an environment can say of a pod. */
function environmentParts({ environment }: Composition): Partial<PodSpec> {
  const { podSecurityContext, imagePullSecrets, hostAliases } = environment;
  return {
    ...(podSecurityContext !== undefined && { securityContext: podSecurityContext }),
    ...(imagePullSecrets !== undefined && { imagePullSecrets }),
    ...(hostAliases !== undefined && { hostAliases: asKubernetes<HostAlias[]>(hostAliases) }),
  };
}

function queueOf(job: BuildJob, defaults: PodDefaults): string {
  return job.spec.buildkite.queue ?? defaults.queue;
}

function userOf({ commands: [main], environment }: Composition): SecurityContext {
  const { runAsUser, runAsGroup } = { ...environment.podSecurityContext, ...main.template.securityContext } as SecurityContext;
  return { ...(runAsUser !== undefined && { runAsUser }), ...(runAsGroup !== undefined && { runAsGroup }) };
}

function additionalContainer({ name, template }: ResolvedContainer, extra: Partial<Container> = {}): Container {
  const workspace = { name: volumeNames.workspace, mountPath: paths.workspace };
  return { ...asKubernetes<Partial<Container>>(template), name, ...extra, volumeMounts: [workspace, ...(template.volumeMounts ?? [])] };
}

function podVolumes(job: BuildJob, { volumes }: Composition, { agentTokenSecret }: PodDefaults): Volume[] {
  const credentials = job.spec.checkout?.credentialsSecret;
  const forAgent: Volume[] = [
    { name: volumeNames.agentHooks, emptyDir: {} },
    {
      name: volumeNames.agentToken,
      secret: { secretName: agentTokenSecret.name, items: [{ key: agentTokenSecret.key, path: agentTokenSecret.key }] },
    },
  ];
  return [
    { name: volumeNames.workspace, emptyDir: {} },
    ...(job.spec.buildkite.outsideAgent === undefined ? forAgent : []),
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

/** The patched spec; undefined where the patch cannot be applied, which is reported, or where there is none. */
function applyPatch(spec: PodSpec, { podPatch, buildkite }: BuildJob['spec'], report: Report): PodSpec | undefined {
  if (podPatch === undefined) return undefined;
  const patch = buildkite.outsideAgent === undefined ? podPatch : patchWithoutAgent(podPatch);
  try {
    const outcome = strategicMerge(asKubernetes<JsonObject>(spec), asKubernetes<JsonObject>(patch), { at: 'spec.podPatch' });
    const patched = patchedPodSpec(outcome, report);
    if (patched !== undefined) checkPatchLeftProtocol(spec, patched, report);
    return patched;
  } catch (error) {
    if (!(error instanceof StrategicMergeError)) throw error;
    report({ code: 'PatchRefused', field: error.field, problem: error.problem });
    return undefined;
  }
}
