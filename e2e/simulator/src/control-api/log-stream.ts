import { hasEnded } from '../domain/job-state.ts';
import type { Job } from '../domain/records.ts';
import { waitForChange } from '../domain/wait-for-change.ts';
import type { SimulatorContext } from '../http/context.ts';
import { TimeCodeStripper } from './strip-time-codes.ts';

const pieceSize = 1_048_576;
const lookAgainMs = 60_000;

export interface LogStreamOptions {
  readonly from: number;
  readonly follow: boolean;
  readonly strip: boolean;
}

/** The bytes of a job's log up to its first gap; with `follow`, until the job has ended. */
export async function* streamLog(
  context: SimulatorContext,
  job: Job,
  { from, follow, strip }: LogStreamOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const stripper = strip ? new TimeCodeStripper() : undefined;
  let at = from;
  while (!signal.aborted) {
    const end = Math.min(job.log.contiguousSize, at + pieceSize);
    if (end > at) {
      const bytes = await context.logs.read(job.id, at, end);
      at = end;
      const shown = stripper?.push(bytes) ?? bytes;
      if (shown.length > 0) yield shown;
      continue;
    }
    if (!follow || hasEnded(job.state)) break;
    const moved = () => (job.log.contiguousSize > at || hasEnded(job.state) ? true : undefined);
    await waitForChange(context.world, ['log', 'job'], moved, lookAgainMs, signal);
  }
  const rest = stripper?.end();
  if (rest !== undefined && rest.length > 0) yield rest;
}
