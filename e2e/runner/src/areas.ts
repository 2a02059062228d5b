import { clusterStatus, stopCluster } from '@buildkite-operator/e2e-cluster';
import { step } from '@buildkite-operator/e2e-setup';
import { type Tally, total } from './tally.ts';
import { runVitest } from './vitest.ts';

/** The areas of end-to-end tests and the vitest projects of each, in the order in which they run. */
const areas = {
  // The tests of the second project kill what those of the first stand on, so they come after it and one by one.
  skeleton: ['skeleton', 'skeleton-disruptive'],
} as const satisfies Record<string, readonly string[]>;

export type Area = keyof typeof areas;

export const areaNames = Object.keys(areas) as Area[];

/** The areas that were named, all of them if none was. Throws with the names there are. */
export function parseAreas(names: readonly string[]): Area[] {
  if (names.length === 0) return areaNames;
  return names.map(name => {
    const area = areaNames.find(candidate => candidate === name);
    if (area === undefined) throw new Error(`there is no area "${name}"; there are: ${areaNames.join(', ')}`);
    return area;
  });
}

/** Runs the areas on the local cluster, which is taken down again if it was down before. */
export async function runAreas(names: readonly Area[]): Promise<Tally> {
  const wasUp = (await clusterStatus()).health !== 'down';
  const tallies: Tally[] = [];
  try {
    for (const project of names.flatMap(name => areas[name])) tallies.push(await runVitest(project));
  } finally {
    if (!wasUp) await step('Take the local cluster down', () => stopCluster());
  }
  return total(tallies);
}
