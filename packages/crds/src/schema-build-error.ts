import { OperatorError } from '@buildkite-operator/service';

/** A zod schema that the API server could not hold as it is; found when the CRDs are generated, never at run time. */
export class SchemaBuildError extends OperatorError<'NotStructural'> {
  override readonly name = 'SchemaBuildError';
  /** The field, e.g. `spec.env[].value`. */
  readonly path: string;

  constructor(path: string, fault: string) {
    super('NotStructural', `${path === '' ? '(root)' : path}: ${fault}`, { details: { path } });
    this.path = path;
  }
}
