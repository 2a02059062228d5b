import { randomUUID } from 'node:crypto';
import { matchesBranchFilter } from '../pipeline/branch-filter.ts';
import { evaluateCondition } from '../pipeline/condition.ts';
import type { CommandVariant, StepDefinition } from '../pipeline/definition.ts';
import { PipelineError } from '../pipeline/pipeline-error.ts';
import { conditionFacts } from './condition-facts.ts';
import { setJobState } from './job-change.ts';
import { JobLog } from './job-log.ts';
import type { Build, Job, Step } from './records.ts';
import { buildOf, clusterOf, defaultQueueKey, ensureQueue, type World } from './world.ts';

/** Where new steps go, and whose upload they are. */
export interface StepPlace {
  /** Index in `build.steps` before which they are put. */
  readonly index: number;
  readonly group?: Step | undefined;
  readonly uploadedBy?: string | undefined;
}

/**
 * Adds steps with their jobs to a build. Throws a PipelineError, and adds nothing, when a key is taken, a dependency
 * is unknown, or the build would have too many jobs.
 */
export function addSteps(world: World, build: Build, definitions: readonly StepDefinition[], place: StepPlace): void {
  const steps = definitions.flatMap(definition => makeSteps(world, build, definition, place));
  checkKeys(build, steps);
  const jobCount =
    build.steps.reduce((sum, { jobs }) => sum + jobs.length, 0) + steps.reduce((sum, step) => sum + variantsOf(step).length, 0);
  if (jobCount > world.settings.maxJobsPerBuild) {
    throw new PipelineError(
      'steps',
      `would give the build ${jobCount} jobs; the limit is ${world.settings.maxJobsPerBuild} (setting maxJobsPerBuild)`,
    );
  }
  build.steps.splice(place.index, 0, ...steps);
  for (const step of steps) {
    world.steps.set(step.id, step);
    for (const variant of variantsOf(step)) addJob(world, step, variant, {});
  }
}

/** What a retry takes over from the job before it. */
export interface JobLineage {
  readonly retryOf?: Job;
  readonly retryType?: 'automatic' | 'manual';
  readonly ruleUses?: readonly number[];
}

/** Makes one job of a step and puts it where it begins: waiting, skipped or left out. */
export function addJob(world: World, step: Step, variant: CommandVariant | undefined, { retryOf, retryType, ruleUses }: JobLineage): Job {
  const job: Job = {
    id: randomUUID(),
    ordinal: world.nextJobOrdinal++,
    buildId: step.buildId,
    step,
    type: jobTypes[step.definition.type],
    variant,
    queueKey: queueOf(variant),
    retriesCount: retryOf === undefined ? 0 : retryOf.retriesCount + 1,
    retryType,
    retryOf: retryOf?.id,
    ruleUses: ruleUses ?? [],
    state: 'pending',
    label: variant?.label ?? step.definition.label,
    chunksFailedCount: 0,
    log: new JobLog(),
    headerTimes: new Map(),
    artifactBatches: new Map(),
    notifications: [],
    timeline: { createdAt: world.clock.now() },
  };
  ensureQueue(clusterOf(world, buildOf(world, job)), job.queueKey);
  step.jobs.push(job);
  world.jobs.set(job.id, job);
  if (!step.included) setJobState(world, job, 'broken');
  else if (variant?.skip === true) setJobState(world, job, 'skipped');
  else setJobState(world, job, 'waiting');
  return job;
}

const jobTypes = { command: 'script', wait: 'waiter', block: 'manual', input: 'manual', group: 'waiter' } as const;

function queueOf(variant: CommandVariant | undefined): string {
  const rule = variant?.agents.find(agent => agent.startsWith('queue='));
  return rule?.slice('queue='.length) ?? defaultQueueKey;
}

/** Jobs to make: a group has none, a step with `parallelism: 0` has none. */
function variantsOf({ definition }: Step): readonly (CommandVariant | undefined)[] {
  if (definition.type === 'group') return [];
  return definition.type === 'command' ? definition.variants : [undefined];
}

function makeSteps(world: World, build: Build, definition: StepDefinition, { group, uploadedBy }: StepPlace): Step[] {
  const facts = conditionFacts(world, build);
  const make = (each: StepDefinition, parent: Step | undefined): Step => ({
    id: randomUUID(),
    buildId: build.id,
    definition: each,
    group: parent,
    uploadedBy,
    included:
      parent?.included !== false &&
      (each.branches === undefined || matchesBranchFilter(each.branches, build.branch)) &&
      (each.condition === undefined || evaluateCondition(each.condition, facts)),
    jobs: [],
    attributes: new Map(),
    appliedUpdates: new Set(),
  });
  const step = make(definition, group);
  if (definition.type !== 'group') return [step];
  if (group !== undefined)
    throw new PipelineError('steps', 'a group cannot be uploaded by a job of a group; upload it from a step outside');
  return [step, ...definition.steps.map(child => make(child, step))];
}

function checkKeys(build: Build, added: readonly Step[]): void {
  const known = new Set(build.steps.flatMap(({ definition }) => definition.key ?? []));
  for (const { definition } of added) {
    if (definition.key === undefined) continue;
    if (known.has(definition.key))
      throw new PipelineError('steps', `key "${definition.key}" is already used in this build; choose another`);
    known.add(definition.key);
  }
  for (const { definition } of added) {
    for (const { step } of definition.dependsOn ?? []) {
      if (!known.has(step)) throw new PipelineError('depends_on', `no step has the key "${step}"`);
    }
  }
}
