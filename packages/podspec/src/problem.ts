import { isDeepStrictEqual } from 'node:util';
export type RenderErrorCode =
  /** The job or an environment names a BuildEnvironment that does not exist. */
  | 'EnvironmentNotFound'
  /** Environments name each other in a circle. */
  | 'EnvironmentCycle'
  /** Neither the entry of a container nor its environment names an image. */
  | 'ImageMissing'
  /** Two containers of the pod would have the same name, or one takes a name of the operator's own. */
  | 'NameTaken'
  /** A mount path is used twice in a container, or a volume name is reserved. */
  | 'VolumeConflict'
  /** A container mounts a volume that nobody brings. */
  | 'VolumeMissing'
  /** Requests and limits that no container can have. */
  | 'ResourcesInvalid'
  /** Node rules that contradict each other. */
  | 'NodeRulesConflict'
  /** `podPatch` cannot be applied, or touches what is protected. */
  | 'PatchRefused'
  /** The agent token would be visible outside the agent container. */
  | 'TokenExposed'
  /** A value cannot be passed to a container. */
  | 'TooLarge'
  /** The operator's policy does not let a job ask for it. */
  | 'PolicyForbids';

/** One thing that is wrong with a BuildJob or BuildEnvironment. */
export interface Problem {
  readonly code: RenderErrorCode;
  /** Path in the job's spec, as Kubernetes writes it: `spec.extraContainers[1].environment`; after `environment NAME: ` in an environment's. */
  readonly field: string;
  /** What stands there, where it is of use to see it. */
  readonly value?: unknown;
  /** What is wrong with it, and the remedy; it goes on after the value. */
  readonly problem: string;
}

/** Takes each problem as it is found. */
export type Report = (problem: Problem) => void;

/** A problem in a line: `spec.environment: "nod" is …`. Values that are no single ones are left out. */
export function describeProblem({ field, value, problem }: Problem): string {
  const shown = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return shown ? `${field}: "${value}" ${problem}` : `${field}: ${problem}`;
}

/** Each problem once. */
export function distinct(problems: readonly Problem[]): Problem[] {
  return problems.filter((problem, index) => problems.findIndex(other => isDeepStrictEqual(other, problem)) === index);
}
