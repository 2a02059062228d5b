import { say } from '@buildkite-operator/e2e-setup';
import type { SimulatorClient } from '@buildkite-operator/e2e-simulator';

/** The name of a job, so that all that is said of several stands in columns. */
export function column(name: string): string {
  return name.padEnd(18);
}

/** Prints a job's log line by line as Buildkite receives it, until the job has ended. */
export async function printLog(simulator: SimulatorClient, jobId: string, name: string, signal: AbortSignal): Promise<void> {
  const print = (line: string) => say(`           ${column(name)}│ ${lastState(line)}`);
  let rest = '';
  for await (const piece of simulator.followJobLog(jobId, { strip: true }, signal)) {
    const lines = (rest + Buffer.from(piece).toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) print(line);
  }
  if (rest !== '') print(rest);
}

/** What a terminal would show of a line that a program has rewritten with carriage returns. */
function lastState(line: string): string {
  return line.split('\r').findLast(part => part !== '') ?? '';
}
