import { cancelJob } from './intervene.ts';
import { hasEnded } from './job-state.ts';
import type { Build, Step } from './records.ts';
import { Refusal } from './refusal.ts';
import { currentJobs, ownOutcome } from './step-outcome.ts';
import type { World } from './world.ts';

/** Looks a step of a build up by its id or key. */
export function requireStep(build: Build, idOrKey: string): Step {
  const step = build.steps.find(({ id, definition }) => id === idOrKey || definition.key === idOrKey);
  if (step === undefined) throw new Refusal('not-found', `no step "${idOrKey}" in build ${build.number}`);
  return step;
}

/** What `step get` shows of a step. */
export function describeStep(step: Step): Readonly<Record<string, unknown>> {
  const { definition } = step;
  const jobs = currentJobs(step);
  const written = definition.type === 'command' ? { command: definition.variants.map(({ command }) => command).join('\n') } : {};
  return {
    ...definition.raw,
    ...written,
    id: step.id,
    key: definition.key ?? null,
    type: definition.type,
    label: jobs[0]?.label ?? definition.label ?? null,
    state: jobs.every(({ state }) => hasEnded(state)) ? 'finished' : 'running',
    outcome: stepOutcome(step),
    ...Object.fromEntries(step.attributes),
  };
}

/** `neutral` while nothing has ended, else as documented for `step get outcome`. */
function stepOutcome(step: Step): string {
  const jobs = currentJobs(step);
  const outcome = ownOutcome(step);
  if (outcome === 'pending') return 'neutral';
  if (jobs.some(({ state, softFailed }) => softFailed !== true && state !== 'finished' && outcome === 'failed')) return 'errored';
  if (outcome === 'failed') return 'hard_failed';
  return jobs.some(({ softFailed }) => softFailed === true) ? 'soft_failed' : 'passed';
}

/**
 * One attribute as text, as the agent prints it; the whole step as JSON when none is named. Refused when the attribute
 * is a list or map and the format is not JSON.
 */
export function exportStep(step: Step, attribute: string | undefined, format: string | undefined): string {
  const described = describeStep(step);
  if (attribute === undefined || attribute === '') return JSON.stringify(described);
  const value = described[attribute];
  if (value === undefined)
    throw new Refusal('unprocessable', `the step has no attribute "${attribute}"; it has ${Object.keys(described).join(', ')}`);
  if (format === 'json') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null)
    throw new Refusal('unprocessable', `attribute "${attribute}" is a list or map; ask with --format json`);
  return asText(value);
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export interface StepUpdate {
  readonly idempotencyId?: string | undefined;
  readonly attribute: string;
  readonly value: string;
  readonly append: boolean;
}

const changeableAttributes: ReadonlySet<string> = new Set(['label', 'priority', 'notify']);

/** Changes an attribute of a step. The same update, sent again, changes nothing. */
export function updateStep(world: World, step: Step, { idempotencyId, attribute, value, append }: StepUpdate): void {
  if (!changeableAttributes.has(attribute)) {
    throw new Refusal('unprocessable', `attribute "${attribute}" cannot be changed; ${[...changeableAttributes].join(', ')} can`);
  }
  if (idempotencyId !== undefined) {
    if (step.appliedUpdates.has(idempotencyId)) return;
    step.appliedUpdates.add(idempotencyId);
  }
  const before = asText(describeStep(step)[attribute]);
  const after = append ? before + value : value;
  step.attributes.set(attribute, after);
  if (attribute !== 'label') return;
  for (const job of step.jobs) {
    job.label = after;
    world.events.emit('job', job);
  }
}

/** Cancels every job of the step that has not ended. */
export function cancelStep(world: World, step: Step): void {
  for (const job of step.jobs) if (!hasEnded(job.state)) cancelJob(world, job);
}
