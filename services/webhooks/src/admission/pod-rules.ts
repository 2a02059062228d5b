import { type OperatorConfig, podDefaultsOf } from '@buildkite-operator/config';
import type { BuildEnvironment, BuildJob } from '@buildkite-operator/crds';
import type { Pod } from '@buildkite-operator/kube';
import { describeProblem, environmentProblems, type Problem, policyProblems, RenderError, renderPod } from '@buildkite-operator/podspec';
import type { Fault } from './verdict.ts';

export type EnvironmentsByName = ReadonlyMap<string, BuildEnvironment>;

/** What the renderer makes of a job. */
export interface Rendered {
  /** Absent where none can be made. */
  readonly pod?: Pod;
  readonly faults: readonly Fault[];
  /** Whether a fault may go away when the environments are read anew. */
  readonly missesEnvironment: boolean;
}

/** Renders the job's pod and applies the policy: every fault of both. */
export function renderJob(job: BuildJob, environments: EnvironmentsByName, config: OperatorConfig): Rendered {
  const defaults = podDefaultsOf(config);
  const forbidden = policyProblems(job, environments, defaults, config.policy).map(faultOf);
  try {
    return { pod: renderPod(job, environments, defaults), faults: forbidden, missesEnvironment: false };
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return {
      faults: [...error.problems.map(faultOf), ...forbidden],
      missesEnvironment: error.problems.some(({ code }) => code === 'EnvironmentNotFound'),
    };
  }
}

/** What is wrong with an environment among the others of its namespace. */
export function problemsOfEnvironment(environment: BuildEnvironment, environments: EnvironmentsByName, config: OperatorConfig): Fault[] {
  return environmentProblems(environment, environments, podDefaultsOf(config)).map(faultOf);
}

/** A problem's words go on after its value, where that is a short one. */
function faultOf(problem: Problem): Fault {
  const { field } = problem;
  return { field, problem: describeProblem(problem).slice(field.length + 2) };
}
