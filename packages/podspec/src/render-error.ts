import { OperatorError } from '@buildkite-operator/service';
import { describeProblem, type Problem, type RenderErrorCode } from './problem.ts';

/** Why no pod can be made of a BuildJob: all problems, each in a line of the message. `code` and `field` are the first one's. */
export class RenderError extends OperatorError<RenderErrorCode> {
  override readonly name = 'RenderError';
  readonly field: string;
  readonly problems: readonly Problem[];

  constructor(first: Problem, ...others: readonly Problem[]) {
    const problems = [first, ...others];
    super(first.code, problems.map(describeProblem).join('\n'));
    this.field = first.field;
    this.problems = problems;
  }
}
