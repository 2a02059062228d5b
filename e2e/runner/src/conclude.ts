import { say } from '@buildkite-operator/e2e-setup';
import { closingLine, type Tally } from './tally.ts';

/** Runs the whole, prints its closing line last and sets the exit status. What is thrown counts as one failure. */
export async function conclude(run: () => Promise<Tally>): Promise<void> {
  let tally: Tally = { passed: 0, failed: 1 };
  try {
    tally = await run();
  } catch (error) {
    say(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
  say(closingLine(tally));
  process.exitCode = tally.failed === 0 ? 0 : 1;
}
