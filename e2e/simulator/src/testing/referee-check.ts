import type { SimulatorClient } from '../client/simulator-client.ts';
import type { BreachKind } from '../domain/referee.ts';

/** Throws if the referee has noted anything, then makes the simulator as new. For use after each test. */
export async function resetWithoutBreach(control: SimulatorClient): Promise<void> {
  const entries = await control.referee();
  await control.reset();
  if (entries.length > 0) throw new Error(`the referee has noted: ${JSON.stringify(entries, undefined, 2)}`);
}

/** The kinds of breach noted so far, without repetition; the record is cleared. */
export async function takeBreaches(control: SimulatorClient): Promise<BreachKind[]> {
  const entries = await control.referee();
  await control.clearReferee();
  return [...new Set(entries.map(({ kind }) => kind))];
}
