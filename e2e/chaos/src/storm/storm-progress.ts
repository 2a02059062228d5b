import { formatDuration } from '@buildkite-operator/e2e-setup';
import { type Fault, hasEnded, type JobView } from '@buildkite-operator/e2e-simulator';
import type { Victim } from '../plan/storm-plan.ts';

interface Progress {
  readonly elapsedMs: number;
  readonly jobs: readonly Pick<JobView, 'state'>[];
  readonly blows: Readonly<Record<Victim, number>>;
  readonly faults: readonly Pick<Fault, 'matched' | 'hit'>[];
}

/** One line: how far the storm is. */
export function stormProgress({ elapsedMs, jobs, blows, faults }: Progress): string {
  const ended = jobs.filter(({ state }) => hasEnded(state)).length;
  const open = new Map<string, number>();
  for (const { state } of jobs) if (!hasEnded(state)) open.set(state, (open.get(state) ?? 0) + 1);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const states = [...open].map(([state, count]) => `${count} ${state}`);
  return [
    `  … ${formatDuration(elapsedMs)}: ${ended} of ${jobs.length} jobs over`,
    ...states,
    `${sum(Object.values(blows))} kills`,
    `${sum(faults.map(({ hit }) => hit))} of ${sum(faults.map(({ matched }) => matched))} answers bad`,
  ].join(', ');
}
