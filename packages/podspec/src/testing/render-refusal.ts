import type { Problem, Report } from '../problem.ts';
import { RenderError } from '../render-error.ts';

/** What a function refuses with, or undefined. Other errors are thrown on. */
export function renderRefusal(render: () => unknown): RenderError | undefined {
  try {
    render();
    return undefined;
  } catch (error) {
    if (error instanceof RenderError) return error;
    throw error;
  }
}

/** What a function reports. */
export function reported(check: (report: Report) => unknown): Problem[] {
  const problems: Problem[] = [];
  check(problem => problems.push(problem));
  return problems;
}
