import { OperatorError } from '@buildkite-operator/service';

export type RenderErrorCode =
  /** The job or an environment names a BuildEnvironment that does not exist. */
  | 'EnvironmentNotFound'
  /** Two containers of the pod would have the same name, or one takes a name of the operator's own. */
  | 'NameTaken'
  /** A mount path is used twice in a container, or a volume name is reserved. */
  | 'VolumeConflict'
  /** `podPatch` cannot be applied, or touches what is protected. */
  | 'PatchRefused'
  /** The agent token would be visible outside the agent container. */
  | 'TokenExposed'
  /** A value cannot be passed to a container. */
  | 'TooLarge';

/** Why no pod can be made of a BuildJob; `field` is the path in its spec. */
export class RenderError extends OperatorError<RenderErrorCode> {
  override readonly name = 'RenderError';
  readonly field: string;

  constructor(code: RenderErrorCode, field: string, problem: string) {
    super(code, `${field}: ${problem}`);
    this.field = field;
  }
}
