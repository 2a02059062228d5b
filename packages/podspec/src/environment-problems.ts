import { apiVersion, type BuildEnvironment, type BuildJob } from '@buildkite-operator/crds';
import type { PodDefaults } from './defaults.ts';
import type { Problem } from './problem.ts';
import { attemptPod } from './render-pod.ts';
import type { Environments } from './resolve-container.ts';

/** Settings that matter to no check of an environment by itself. */
const anyDefaults: PodDefaults = {
  agentImage: 'agent',
  image: 'any',
  queue: 'any',
  agentTokenSecret: { name: 'buildkite-agent-token', key: 'BUILDKITE_AGENT_TOKEN' },
  agentResources: {},
  checkoutResources: {},
  resources: {},
  timeoutSeconds: 1,
  pendingTimeoutSeconds: 1,
  ttlSecondsAfterFinished: 0,
  terminationGracePeriodSeconds: 60,
  unreachableNodeSeconds: 60,
};

/**
 * What is wrong with an environment among the others of its namespace, whose own faults are not counted: dangling references, circles,
 * names that are taken, volumes, mounts, resources. Fields are those of the environment: `spec.container.volumeMounts[0].name`.
 * With the operator's defaults, also whether it would show the agent token.
 */
export function environmentProblems(
  environment: BuildEnvironment,
  environments: Environments,
  defaults: PodDefaults = anyDefaults,
): Problem[] {
  const { name, namespace } = environment.metadata;
  const all: Environments = new Map(environments).set(name, environment);
  const job: BuildJob = {
    apiVersion,
    kind: 'BuildJob',
    metadata: { name: 'any', namespace },
    spec: { buildkite: { jobId: '00000000-0000-0000-0000-000000000000' }, cancelled: false, environment: name },
  };
  const prefix = `environment ${name}: `;
  const { problems } = attemptPod(job, all, defaults);
  return [
    ...problems
      .filter(({ field, problem }) => field.startsWith(prefix) || problem.startsWith(`is another volume in environment ${name},`))
      .map(problem => ({ ...problem, field: problem.field.startsWith(prefix) ? problem.field.slice(prefix.length) : problem.field })),
    ...cycleProblems(name, all),
  ];
}

function cycleProblems(name: string, environments: Environments): Problem[] {
  return referencesOf(name, environments).flatMap(({ field, target }): Problem[] => {
    const path = pathTo(name, target, environments);
    if (path === undefined) return [];
    return [
      {
        code: 'EnvironmentCycle',
        field,
        value: target,
        problem: `leads back to the environment itself (${[name, ...path].join(' → ')}); take one of these references out`,
      },
    ];
  });
}

/** A way from one environment to another by their references, both included; undefined where there is none. */
function pathTo(goal: string, from: string, environments: Environments): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  // Entries that are added while it goes on are visited as well.
  for (const at of cameFrom.keys()) {
    if (at === goal) return pathBack(at, cameFrom);
    for (const { target } of referencesOf(at, environments)) if (!cameFrom.has(target)) cameFrom.set(target, at);
  }
  return undefined;
}

function pathBack(end: string, cameFrom: ReadonlyMap<string, string | undefined>): string[] {
  const path: string[] = [];
  for (let at: string | undefined = end; at !== undefined; at = cameFrom.get(at)) path.unshift(at);
  return path;
}

function referencesOf(name: string, environments: Environments): { field: string; target: string }[] {
  const spec = environments.get(name)?.spec;
  return (['initContainers', 'extraContainers'] as const).flatMap(list =>
    (spec?.[list] ?? []).flatMap(({ environment: target }, index) =>
      target === undefined ? [] : [{ field: `spec.${list}[${index}].environment`, target }],
    ),
  );
}

/** The names of every environment that the job's pod is made of, whether they exist or not, sorted. */
export function neededEnvironments(job: BuildJob, environments: Environments, defaults: Pick<PodDefaults, 'environment'>): string[] {
  const main = job.spec.environment ?? defaults.environment;
  const lists = [job.spec, main === undefined ? undefined : environments.get(main)?.spec];
  const further = (job.spec.commandContainers ?? []).flatMap(({ environment }) => environment ?? []);
  const beside = lists.flatMap(spec =>
    [...(spec?.initContainers ?? []), ...(spec?.extraContainers ?? [])].flatMap(({ environment }) => environment ?? []),
  );
  return [...new Set([...(main === undefined ? [] : [main]), ...further, ...beside])].toSorted();
}
