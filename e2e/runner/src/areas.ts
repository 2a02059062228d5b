import { attachCluster, clusterStatus, stopCluster } from '@buildkite-operator/e2e-cluster';
import { claimCluster, kubectlFor, uninstallOperator } from '@buildkite-operator/e2e-operator';
import { step } from '@buildkite-operator/e2e-setup';
import { type Tally, total } from './tally.ts';
import { runVitest } from './vitest.ts';

/** The areas of end-to-end tests and the vitest projects of each, in the order in which they run. */
const areas = {
  // The tests of the second project kill what those of the first stand on, so they come after it and one by one.
  skeleton: ['skeleton', 'skeleton-disruptive'],
  resources: ['resources', 'resources-disruptive'],
  admission: ['admission', 'admission-disruptive'],
  jobspawner: ['jobspawner', 'jobspawner-disruptive'],
  chaos: ['chaos'],
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
export async function runAreas(names: readonly Area[], signal: AbortSignal): Promise<Tally> {
  const wasUp = (await clusterStatus()).health !== 'down';
  const tallies: Tally[] = [];
  try {
    for (const project of names.flatMap(name => areas[name])) tallies.push(await runVitest(project, signal));
  } finally {
    if (!wasUp) await step('Take the local cluster down', () => stopCluster());
    // vitest ends at once when it is interrupted.
    else if (signal.aborted) await step('Remove what the tests installed', removeOperator);
  }
  return total(tallies);
}

async function removeOperator(): Promise<void> {
  const claim = await claimCluster('local');
  const { kubeconfigPath } = await attachCluster();
  await uninstallOperator(await kubectlFor({ kubeconfigPath }));
  claim.release();
}
