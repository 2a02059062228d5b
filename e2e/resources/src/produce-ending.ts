import type { CurrentTestbed } from '@buildkite-operator/e2e-testbed/vitest';
import type { EndingCase, Ends } from './ending-case.ts';
import { expectEnding, expectEvent } from './expect-ending.ts';

/** Brings a job to its end by a real cause and checks all that is to be seen of it. Whether the cause told of an end at all. */
export async function produceEnding(testbed: CurrentTestbed, ending: EndingCase): Promise<boolean> {
  for (const kind of ending.breaches ?? []) testbed.expectBreaches(entry => entry.kind === kind);
  let seen = false;
  const ends: Ends = async (job, buildJob, says = []) => {
    await expectEnding(testbed, job, buildJob, { ...ending, says: [...ending.says, ...says] });
    await expectEvent(testbed, buildJob, ending);
    seen = true;
  };
  await ending.produce(testbed, ends);
  return seen;
}
