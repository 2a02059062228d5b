import { Refusal } from '../domain/refusal.ts';

/** A pipeline that cannot be used; the message begins with the path of the field at fault. */
export class PipelineError extends Refusal {
  constructor(path: string, problem: string) {
    super('unprocessable', `pipeline: ${path}: ${problem}`, { details: { path } });
  }
}
