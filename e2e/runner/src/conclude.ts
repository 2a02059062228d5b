import { interruptionSignal, say } from '@buildkite-operator/e2e-setup';
import { closingLines, type Tally } from './tally.ts';

/** Runs the whole, prints its closing lines last and sets the exit status. What is thrown counts as one failure, an interruption too. */
export async function conclude(run: (signal: AbortSignal) => Promise<Tally>): Promise<void> {
  const tally = await tallyOf(run);
  for (const line of closingLines(tally)) say(line);
  process.exitCode = tally.failed === 0 ? 0 : 1;
}

async function tallyOf(run: (signal: AbortSignal) => Promise<Tally>): Promise<Tally> {
  try {
    return await run(interruptionSignal());
  } catch (error) {
    return {
      passed: 0,
      failed: 1,
      failures: [{ test: 'the run itself', message: error instanceof Error ? error.message : String(error) }],
    };
  }
}
