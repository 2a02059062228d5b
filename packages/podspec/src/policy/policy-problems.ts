import { isDeepStrictEqual } from 'node:util';
import type { AdditionalContainer, BuildJob } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import type { Composition } from '../compose.ts';
import type { PodDefaults } from '../defaults.ts';
import type { Container, PodSpec } from '../kubernetes-pod.ts';
import { distinct, type Problem } from '../problem.ts';
import { allContainers } from '../protection.ts';
import { attemptPod } from '../render-pod.ts';
import type { AdditionalList, Environments } from '../resolve-container.ts';
import { containerFacts } from './container-facts.ts';
import { environmentRuleProblems } from './environment-rules.ts';
import type { Fact } from './fact.ts';
import { fieldInJob } from './job-field.ts';
import { podFacts } from './pod-facts.ts';
import { liesInAny, matchesAny, type Policy } from './policy.ts';

/**
 * What the job asks for beyond its environments and the policy does not allow. The job's pod is compared with the pod of a job that says
 * no more than which environments it wants, so that whatever the platform's environments bring is free, and it does not matter by which
 * field a job asks for more.
 */
export function policyProblems(job: BuildJob, environments: Environments, defaults: PodDefaults, policy: Policy): Problem[] {
  const asked = attemptPod(job, environments, defaults);
  const offered = attemptPod(withoutOwnWords(job, environments), environments, defaults);
  const { spec } = job;
  const toProblem = ({ place, value, problem }: Fact): Problem => ({
    code: 'PolicyForbids',
    field: fieldInJob(spec, asked.composition, place),
    ...(value !== undefined && { value }),
    problem,
  });
  const known = podFacts(offered.pod);
  const added = podFacts(asked.pod).filter(fact => !known.some(({ key }) => key === fact.key) && !isAllowed(fact, asked.pod, policy));
  return distinct([
    ...(spec.podPatch !== undefined && !policy.podPatch
      ? [
          {
            code: 'PolicyForbids',
            field: 'spec.podPatch',
            problem: 'policy.podPatch lets no job have one; use the other fields of the spec',
          } as const,
        ]
      : []),
    ...environmentRuleProblems(job, policy.environments),
    ...nameProblems(spec, asked, offered.pod, policy),
    ...added.map(toProblem),
    ...(policy.privileged ? [] : takenOver(offered.pod, asked).map(toProblem)),
  ]);
}

function isAllowed({ setting, value }: Fact, { spec }: Pod, policy: Policy): boolean {
  if (setting === 'hostPaths') return typeof value === 'string' && liesInAny(policy.hostPaths, value);
  if (setting === 'serviceAccounts') return matchesAny(policy.serviceAccounts, accountOf(spec) ?? 'default');
  return policy[setting] === true;
}

/** The job that names the same environments in the same places, and says nothing else of its own. */
function withoutOwnWords(job: BuildJob, environments: Environments): BuildJob {
  const { buildkite, environment, command, commandContainers, cancelled } = job.spec;
  const strip = (list: AdditionalList) =>
    (job.spec[list] ?? []).flatMap(({ name, environment: from, image }): AdditionalContainer[] => {
      if (from === undefined) return [];
      const needsImage = environments.get(from)?.spec.container?.image === undefined && image !== undefined;
      return [{ environment: from, ...(name !== undefined && { name }), ...(needsImage && { image }) }];
    });
  return {
    ...job,
    spec: {
      buildkite,
      cancelled,
      ...(environment !== undefined && { environment }),
      ...(command !== undefined && { command }),
      ...(commandContainers !== undefined && {
        commandContainers: commandContainers.map(({ name, environment: from, command: text }) => ({
          name,
          ...(from !== undefined && { environment: from }),
          ...(text !== undefined && { command: text }),
        })),
      }),
      initContainers: strip('initContainers'),
      extraContainers: strip('extraContainers'),
    },
  };
}

/** What decides what runs in a container. */
const programParts = [
  'image',
  'command',
  'args',
  'env',
  'envFrom',
  'lifecycle',
  'startupProbe',
  'livenessProbe',
  'readinessProbe',
] as const;

/** Containers to which an environment gives privileges for a program of the platform's, and in which the job would run another one. */
function takenOver({ spec: offered }: Pod, { pod: { spec: asked }, composition }: Asked): Fact[] {
  if (offered === undefined || asked === undefined) return [];
  // These run the job's own commands anyway.
  const forCommands = new Set(composition.commands.map(({ name }) => name));
  return allContainers(offered).flatMap((container): Fact[] => {
    if (forCommands.has(container.name) || !isPowerful(container, offered)) return [];
    const now = allContainers(asked).find(({ name }) => name === container.name);
    return programParts
      .filter(part => now !== undefined && !isDeepStrictEqual(container[part] ?? [], now[part] ?? []))
      .map(part => ({
        setting: 'privileged',
        key: `${container.name} ${part}`,
        place: { container: container.name, path: [part] },
        problem: "runs in a container to which its environment gives privileges; what it runs is the platform's to say: leave it out",
      }));
  });
}

function isPowerful(container: Container, { volumes = [] }: PodSpec): boolean {
  const fromNode = new Set(volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name));
  return containerFacts(container).length > 0 || (container.volumeMounts ?? []).some(({ name }) => fromNode.has(name));
}

interface Asked {
  readonly pod: Pod;
  readonly composition: Composition;
}

/** Names of objects of the cluster that give a pod rights or precedence. */
function nameProblems(spec: BuildJob['spec'], { pod, composition }: Asked, offered: Pod, policy: Policy): Problem[] {
  const account = { asked: accountOf(pod.spec), offered: accountOf(offered.spec) };
  const names = [
    { setting: 'serviceAccounts', fields: ['serviceAccountName', 'serviceAccount'], ...account },
    {
      setting: 'priorityClasses',
      fields: ['priorityClassName'],
      asked: pod.spec?.priorityClassName,
      offered: offered.spec?.priorityClassName,
    },
    { setting: 'runtimeClasses', fields: ['runtimeClassName'], asked: pod.spec?.runtimeClassName, offered: offered.spec?.runtimeClassName },
  ] as const;
  const fieldOf = (fields: readonly string[], value: unknown) =>
    fields.map(name => fieldInJob(spec, composition, { path: [name], content: value })).find(field => field !== 'spec.podPatch') ??
    'spec.podPatch';
  const problems = names.flatMap(({ setting, fields, asked, offered }): Problem[] => {
    if (asked === undefined || asked === offered || matchesAny(policy[setting], asked)) return [];
    const problem = `is not among the names of policy.${setting} and not the environment's; name another, or use an environment that has it`;
    return [{ code: 'PolicyForbids', field: fieldOf(fields, asked), value: asked, problem }];
  });
  const mounts = pod.spec?.automountServiceAccountToken !== false && offered.spec?.automountServiceAccountToken === false;
  if (mounts && account.asked === account.offered && !matchesAny(policy.serviceAccounts, account.asked ?? 'default'))
    problems.push({
      code: 'PolicyForbids',
      field: 'spec.podPatch.automountServiceAccountToken',
      problem: `would mount the token of service account "${account.asked ?? 'default'}", which policy.serviceAccounts does not let a job have; leave it out`,
    });
  return problems;
}

/** Kubernetes still heeds the old name of the field. */
function accountOf(spec: PodSpec | undefined): string | undefined {
  return spec?.serviceAccountName ?? spec?.serviceAccount;
}
