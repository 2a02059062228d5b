import { ensureGoTools, goToolSets, requireLocalClusterSystem, say } from '@buildkite-operator/e2e-setup';
import { runChecks } from './checks.ts';
import { closingLine, type Tally, total } from './tally.ts';
import { runVitest } from './vitest.ts';

/** `pnpm test`: everything, from lint to the end-to-end tests on a real cluster. Ends with `N passed, N failed` and that exit status. */
async function main(): Promise<Tally> {
  await requireLocalClusterSystem();
  const tallies: Tally[] = [await runChecks(), await runVitest('unit')];
  for (const set of Object.values(goToolSets)) await ensureGoTools(set);
  tallies.push(await runVitest('integration'));
  return total(tallies);
}

try {
  const tally = await main();
  say(closingLine(tally));
  process.exitCode = tally.failed === 0 ? 0 : 1;
} catch (error) {
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  say(closingLine({ passed: 0, failed: 1 }));
  process.exitCode = 1;
}
