/** How many checks went well and how many did not. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Those that failed. */
  readonly failures: readonly Failure[];
}

/** A check that failed. */
export interface Failure {
  /** What was checked: the vitest project, the file and the test's full name, for example. */
  readonly test: string;
  /** What is known of the cause. */
  readonly message: string;
}

/** How much of a failure's message is repeated at the end of a run, in characters. */
const shownLength = 2000;

/** Adds up what several runs came to. */
export function total(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
    failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
    failures: tallies.flatMap(({ failures }) => failures),
  };
}

/** The lines that close a run: what failed, which may have been said an hour before, and the counts last. */
export function closingLines({ passed, failed, failures }: Tally): string[] {
  const shown = failures.map(({ test, message }) => `✗ ${test}\n${indented(message.slice(0, shownLength))}`);
  return [...shown, `${passed} passed, ${failed} failed`];
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
