import { type JobKindName, jobKindNames } from './job-kinds.ts';
import type { Blow, StormPlan } from './storm-plan.ts';

const shownBlowsMs = 360_000;

/** What a seed has decided, for the log of a run: how to have the same again, the jobs, the faults and every blow. */
export function describePlan({ seed, builds, blows, faults }: StormPlan): string[] {
  const steps = builds.flatMap(build => build.steps);
  const count = (kind: JobKindName) => steps.filter(step => step.kind === kind).length;
  return [
    `seed ${seed}; the same storm again: BUILDKITE_OPERATOR_SEED=${seed} pnpm e2e chaos`,
    `${steps.length} jobs in ${builds.length} builds: ${jobKindNames.map(kind => `${count(kind)} ${kind}`).join(', ')}`,
    `bad answers of Buildkite, each of ${faults.length} routes with its own chance: ${[...new Set(faults.map(({ probability = 1 }) => `${probability * 100} %`))].join(', ')}`,
    'SIGKILL, at seconds from the start:',
    ...(['api-server', 'jobspawner', 'controller', 'webhooks'] as const).map(victim => `  ${victim}: ${times(blows, victim)}`),
  ];
}

function times(blows: readonly Blow[], victim: Blow['victim']): string {
  const of = blows.filter(blow => blow.victim === victim);
  const shown = of.filter(({ atMs }) => atMs < shownBlowsMs).map(({ atMs }) => (atMs / 1000).toFixed(1));
  return `${shown.join(' ')}${shown.length < of.length ? ' …' : ''}`;
}
