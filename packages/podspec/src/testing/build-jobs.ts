import {
  type AdditionalContainer,
  apiVersion,
  type BuildEnvironment,
  type BuildJob,
  type BuildJobSpec,
  type BuildJobStatus,
  phases,
  reasonNames,
} from '@buildkite-operator/crds';
import * as fc from 'fast-check';
import type { PodDefaults } from '../defaults.ts';
import type { Environments } from '../resolve-container.ts';
import {
  buildEnvironment,
  type ContainerWish,
  commandContainers,
  containerWishes,
  type EnvironmentWish,
  environmentWishes,
  initContainers,
  sidecars,
  volumesOf,
} from './build-environments.ts';
import { environmentVariables, resources } from './container-parts.ts';
import { dnsLabel, dnsSubdomain, freeText, image, partial, seconds, time } from './kubernetes-text.ts';
import { nodePreferences, nodeRequirements } from './placement-parts.ts';
import { podPatch } from './pod-patches.ts';
import { podDefaults } from './sample-defaults.ts';
import { namedObjects, sharedParts } from './shared-parts.ts';

/** A BuildJob with everything that its pod is made of. */
export interface RenderCase {
  readonly job: BuildJob;
  readonly environments: readonly BuildEnvironment[];
  readonly defaults: PodDefaults;
}

/** What `renderPod` takes its environments from. */
export function byName(environments: readonly BuildEnvironment[]): Environments {
  return new Map(environments.map(environment => [environment.metadata.name, environment]));
}

const buildkite = fc
  .tuple(
    fc.uuid(),
    partial({
      queue: freeText(255).filter(queue => queue !== ''),
      pipeline: freeText(255),
      branch: freeText(1024),
      buildUrl: freeText(2048),
      stepKey: freeText(255),
      priority: fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
      agentTags: fc.dictionary(fc.constantFrom('queue', 'arch', 'os', 'k8s:node'), fc.stringMatching(/^[^,]{0,20}$/), { maxKeys: 3 }),
      outsideAgent: fc.record({ environmentSecret: dnsSubdomain }),
    }),
  )
  .map(([jobId, rest]) => ({ jobId, ...rest }));

const gitMirrors = partial({
  volume: dnsSubdomain.map(claimName => ({ name: 'own-mirrors', persistentVolumeClaim: { claimName } })),
  path: fc.constantFrom('/mirrors', '/srv/git mirrors'),
  cloneFlags: freeText(1024),
  lockTimeout: seconds(1),
  skipUpdate: fc.boolean(),
});

const checkout = partial({
  skip: fc.boolean(),
  submoduleCloneConfig: fc.array(fc.stringMatching(/^[^=,]{1,9}=[^,]{0,9}$/), { maxLength: 3 }),
  gitMirrors,
  cloneFlags: freeText(1024),
  fetchFlags: freeText(1024),
  cleanFlags: freeText(1024),
  checkoutFlags: freeText(1024),
  submodules: fc.boolean(),
  credentialsSecret: dnsSubdomain,
});

const ownParts = partial({
  ...sharedParts,
  image,
  command: freeText(5000),
  env: environmentVariables,
  resources,
  jobNodeRequirements: nodeRequirements,
  jobNodePreferences: nodePreferences,
  checkout,
  podPatch,
  timeoutSeconds: seconds(1),
  pendingTimeoutSeconds: seconds(1),
  ttlSecondsAfterFinished: seconds(0),
  terminationGracePeriodSeconds: seconds(15, 86_400),
});

const condition = fc.record({
  type: fc.constantFrom('PodScheduled', 'Running', 'Blocked', 'Stopping', 'Finished'),
  status: fc.constantFrom('True', 'False', 'Unknown'),
  observedGeneration: fc.nat(9),
  lastTransitionTime: time,
  reason: fc.constantFrom(...reasonNames),
  message: freeText(200),
});

/** A status of the right shape; not one that a job could come to. */
export const buildJobStatuses = partial({
  phase: fc.constantFrom(...phases),
  observedGeneration: fc.nat(9),
  conditions: fc.uniqueArray(condition, { selector: ({ type }) => type, maxLength: 5 }),
  podName: dnsSubdomain,
  podUid: fc.uuid(),
  podAttempts: fc.integer({ min: 0, max: 1000 }),
  replacedPodUid: fc.uuid(),
  nodeName: dnsSubdomain,
  pendingTime: time,
  schedulingTime: time,
  initializingTime: time,
  runningTime: time,
  finishedTime: time,
  exitCode: fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
  reason: fc.constantFrom(...reasonNames),
  message: freeText(200),
});

interface JobWish {
  readonly name: string;
  readonly uid: string;
  readonly buildkite: BuildJobSpec['buildkite'];
  readonly parts: Partial<BuildJobSpec>;
  readonly lists: EnvironmentWish['lists'] & { readonly commandContainers?: ContainerWish[] };
  readonly cancelled: boolean;
  readonly status: BuildJobStatus | undefined;
  readonly environment: number | undefined;
}

const jobWishes: fc.Arbitrary<JobWish> = fc.record({
  name: dnsLabel(),
  uid: fc.uuid(),
  buildkite,
  parts: ownParts,
  lists: partial({ commandContainers: containerWishes, initContainers: containerWishes, extraContainers: containerWishes }),
  cancelled: fc.boolean(),
  status: fc.option(buildJobStatuses, { nil: undefined }),
  environment: fc.option(fc.nat(3), { nil: undefined }),
});

function buildJob(wish: JobWish, environments: readonly EnvironmentWish[]): BuildJob {
  const { name, uid, buildkite, parts, lists, cancelled, status, environment: chosen = -1 } = wish;
  const environment = environments[chosen];
  const volumes = environment === undefined ? [] : volumesOf(environment, chosen);
  const scope = { environments, volumes: volumes.map(volume => volume.name) };
  const spec: BuildJobSpec = {
    buildkite,
    ...parts,
    ...withoutNames({
      ...(lists.initContainers !== undefined && { initContainers: initContainers(lists.initContainers, { ...scope, ending: 'ij' }) }),
      ...(lists.extraContainers !== undefined && { extraContainers: sidecars(lists.extraContainers, { ...scope, ending: 'sj' }) }),
    }),
    // The API server takes none without an agent.
    ...(buildkite.outsideAgent === undefined &&
      lists.commandContainers !== undefined && {
        commandContainers: commandContainers(lists.commandContainers, { ...scope, ending: 'cj' }),
      }),
    ...(environment !== undefined && { environment: environment.name }),
    cancelled,
  };
  const { namespace } = namedObjects;
  const metadata = { name, namespace, uid, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion, kind: 'BuildJob', metadata, spec, ...(status !== undefined && { status }) };
}

type Lists = Pick<BuildJobSpec, 'initContainers' | 'extraContainers'>;

/** The first entry of each environment needs no name of its own: it takes the environment's. */
function withoutNames(lists: Lists): Lists {
  const seen = new Set<string | undefined>([undefined]);
  const strip = (entries: readonly AdditionalContainer[]) =>
    entries.map(entry => {
      if (seen.has(entry.environment)) return entry;
      seen.add(entry.environment);
      const { name: _name, ...rest } = entry;
      return rest;
    });
  return {
    ...(lists.initContainers !== undefined && { initContainers: strip(lists.initContainers) }),
    ...(lists.extraContainers !== undefined && { extraContainers: strip(lists.extraContainers) }),
  };
}

/** Any BuildJob with its environments, all of which the API server takes, and whose pod it takes. As JSON brings them. */
export const renderCases: fc.Arbitrary<RenderCase> = fc
  .tuple(environmentWishes, jobWishes, fc.option(fc.nat(3), { nil: undefined }))
  .map(([environments, job, chosen = -1]) => {
    const environment = environments[chosen]?.name;
    const made: RenderCase = {
      job: buildJob(job, environments),
      environments: environments.map((wish, index) => buildEnvironment(wish, index, environments)),
      defaults: { ...podDefaults, ...(environment !== undefined && { environment }) },
    };
    return JSON.parse(JSON.stringify(made)) as RenderCase;
  });
