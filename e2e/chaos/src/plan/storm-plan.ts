import { seededRandom } from '@buildkite-operator/e2e-testbed/vitest';
import { buildkiteFaults } from './buildkite-faults.ts';
import { type JobKindName, jobKindNames, jobKinds } from './job-kinds.ts';

/** A step of one of the builds. */
export interface PlannedStep {
  readonly key: string;
  readonly kind: JobKindName;
  readonly seconds: number;
  /** When it is cancelled, in milliseconds from the start of its build. */
  readonly cancelAfterMs: number | undefined;
}

export interface PlannedBuild {
  readonly pipeline: string;
  /** From the start of the storm. */
  readonly atMs: number;
  readonly steps: readonly PlannedStep[];
}

export const victims = ['jobspawner', 'controller', 'webhooks', 'api-server'] as const;
export type Victim = (typeof victims)[number];

/** One SIGKILL: to the replica that leads, to any replica of the webhooks, or to the API server. */
export interface Blow {
  /** From the start of the storm. */
  readonly atMs: number;
  readonly victim: Victim;
  /** From 0 to below 1: which of several replicas it is. */
  readonly draw: number;
}

/** All that a seed decides. */
export interface StormPlan {
  readonly seed: number;
  readonly builds: readonly PlannedBuild[];
  /** In the order of their times. */
  readonly blows: readonly Blow[];
  readonly faults: ReturnType<typeof buildkiteFaults>;
}

const stepsPerBuild = 50;
const buildEveryMs = 8000;
const cancelWithinMs = 90_000;

/** Blows go on for as long as there are jobs; nobody waits for more than this. */
export const longestStormMs = 900_000;

/**
 * How long after a blow the next one to the same victim comes, in milliseconds. A leader's successor waits 15 s until it may lead, and
 * a storm in which nobody ever leads would show nothing.
 */
const pauses = {
  jobspawner: [20_000, 36_000],
  controller: [20_000, 36_000],
  webhooks: [5000, 12_000],
} as const satisfies Partial<Record<Victim, readonly [number, number]>>;

const apiServerBlows = [
  [35_000, 75_000],
  [110_000, 170_000],
] as const;

/** The storm of this seed over so many steps; the same for the same seed. */
export function planStorm(seed: number, stepCount: number): StormPlan {
  const random = seededRandom(seed);
  const between = ([least, most]: readonly [number, number]) => Math.round(least + random() * (most - least));
  const kinds = shuffle(kindsOf(stepCount), random);
  const steps = kinds.map(
    (kind, index): PlannedStep => ({
      key: `step-${String(index + 1).padStart(3, '0')}`,
      kind,
      seconds: between([0, 3]),
      cancelAfterMs: 'isCancelled' in jobKinds[kind] ? between([0, cancelWithinMs]) : undefined,
    }),
  );
  const builds = Array.from({ length: Math.ceil(stepCount / stepsPerBuild) }, (_, index) => ({
    pipeline: `chaos-${index + 1}`,
    atMs: index * buildEveryMs,
    steps: steps.slice(index * stepsPerBuild, (index + 1) * stepsPerBuild),
  }));
  const blows: Blow[] = apiServerBlows.map(range => ({ atMs: between(range), victim: 'api-server', draw: random() }));
  for (const victim of ['jobspawner', 'controller', 'webhooks'] as const) {
    for (let atMs = between([1000, pauses[victim][1]]); atMs < longestStormMs; atMs += between(pauses[victim]))
      blows.push({ atMs, victim, draw: random() });
  }
  return { seed, builds, blows: blows.toSorted((a, b) => a.atMs - b.atMs), faults: buildkiteFaults(seed) };
}

/** So many of each kind as its share says; what is left over is plain. */
function kindsOf(stepCount: number): JobKindName[] {
  const kinds = jobKindNames.flatMap(kind =>
    Array.from({ length: Math.floor((stepCount * jobKinds[kind].perHundred) / 100) }, (): JobKindName => kind),
  );
  return [...kinds, ...Array.from({ length: stepCount - kinds.length }, (): JobKindName => 'plain')];
}

function shuffle<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map(value => ({ value, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}
