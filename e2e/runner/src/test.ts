import { ensureGoTools, goToolSets, requireLocalClusterSystem } from '@buildkite-operator/e2e-setup';
import { areaNames, runAreas } from './areas.ts';
import { runChecks } from './checks.ts';
import { conclude } from './conclude.ts';
import { type Tally, total } from './tally.ts';
import { runVitest } from './vitest.ts';

// `pnpm test`: everything, from lint to the end-to-end tests on a real cluster. Ends with `N passed, N failed` and that exit status.
await conclude(async signal => {
  await requireLocalClusterSystem();
  const tallies: Tally[] = [await runChecks(signal), await runVitest('unit', signal)];
  for (const set of Object.values(goToolSets)) await ensureGoTools(set);
  tallies.push(await runVitest('integration', signal), await runAreas(areaNames, signal));
  return total(tallies);
});
