import { say } from '@buildkite-operator/e2e-setup';
import { percentile } from './percentile.ts';

/** When each station was reached, in milliseconds from the start. */
export type Timeline<Station extends string> = Readonly<Record<Station, number>>;

/** What lies between each station and the one before it, in order. */
export type StepNames<Station extends string> = Readonly<Record<Station, string>>;

/** Prints how long each step of the timelines took, the whole way, and beside it the control. */
export function reportSteps<Station extends string>(
  stepNames: StepNames<Station>,
  timelines: readonly Timeline<Station>[],
  { whole, control }: { readonly whole: string; readonly control: readonly number[] },
): void {
  const stations = Object.keys(stepNames) as Station[];
  const row = (name: string, values: readonly number[]) => {
    const cells = [0.5, 0.95, 0, 1].map(share => (percentile(values, share) / 1000).toFixed(3).padStart(9));
    say(`${name.padEnd(52)}${cells.join('')}`);
  };
  say(`\n${'step, in seconds'.padEnd(52)}${['p50', 'p95', 'least', 'most'].map(title => title.padStart(9)).join('')}`);
  for (const [index, station] of stations.entries()) {
    const before = stations[index - 1];
    row(
      stepNames[station],
      timelines.map(timeline => timeline[station] - (before === undefined ? 0 : timeline[before])),
    );
  }
  const last = stations.at(-1);
  if (last === undefined) throw new Error('a way without stations');
  const totals = timelines.map(timeline => timeline[last]);
  row(whole, totals);
  row('control: the same agent as a plain process', control);
  say(`\nThe pod costs ${(percentile(totals, 0.5) / percentile(control, 0.5)).toFixed(1)} times the plain process (p50).`);
}
