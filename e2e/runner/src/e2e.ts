import { requireLocalClusterSystem, say } from '@buildkite-operator/e2e-setup';
import { areaNames, parseAreas, runAreas } from './areas.ts';
import { conclude } from './conclude.ts';

// `pnpm e2e [area…]`: the end-to-end tests of these areas, of all where none is named.
const names = process.argv.slice(2).filter(argument => argument !== '--');
if (names.includes('--help')) {
  say(
    `Usage: pnpm e2e [area…]\n\nRuns end-to-end tests on the local cluster, which is brought up if need be.\nAreas: ${areaNames.join(', ')}; all of them where none is named.`,
  );
} else {
  await conclude(async signal => {
    const areas = parseAreas(names);
    await requireLocalClusterSystem();
    return runAreas(areas, signal);
  });
}
