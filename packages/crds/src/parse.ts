import { describeIssues, formatPath, OperatorError } from '@buildkite-operator/service';
import type { z } from 'zod';
import { type BuildEnvironment, buildEnvironment } from './build-environment.ts';
import { type BuildJob, buildJob } from './build-job.ts';
import { isObject } from './json-object.ts';
import { schemaMessage } from './schema-message.ts';

export type InvalidObjectCode = 'InvalidBuildJob' | 'InvalidBuildEnvironment';

/** One thing that is wrong with an object. */
export interface ObjectFault {
  /** As Kubernetes writes it: `spec.env[2].name`. */
  readonly field: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/** An object that does not keep to its schema. The message lists every fault: field, remedy, value found. */
export class InvalidObjectError extends OperatorError<InvalidObjectCode> {
  override readonly name = 'InvalidObjectError';
  readonly faults: readonly ObjectFault[];

  constructor(code: InvalidObjectCode, subject: string, faults: readonly ObjectFault[], text: string) {
    super(code, `${subject} is invalid:\n${text}`, { details: { faults } });
    this.faults = faults;
  }
}

/** The BuildJob that a value is, with its defaults filled in. Throws `InvalidObjectError` (`InvalidBuildJob`). */
export function parseBuildJob(value: unknown): BuildJob {
  return parse(buildJob, 'BuildJob', 'InvalidBuildJob', value);
}

/** The BuildEnvironment that a value is, with its defaults filled in. Throws `InvalidObjectError` (`InvalidBuildEnvironment`). */
export function parseBuildEnvironment(value: unknown): BuildEnvironment {
  return parse(buildEnvironment, 'BuildEnvironment', 'InvalidBuildEnvironment', value);
}

function parse<Schema extends z.ZodType>(schema: Schema, kind: string, code: InvalidObjectCode, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value, { error: schemaMessage });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({ field: formatPath(path), message }));
  throw new InvalidObjectError(code, `${kind} ${nameOf(value)}`, faults, describeIssues(parsed.error, value));
}

function nameOf(value: unknown): string {
  const metadata = isObject(value) && isObject(value['metadata']) ? value['metadata'] : {};
  const parts = [metadata['namespace'], metadata['name']].filter(part => typeof part === 'string' && part !== '');
  return parts.length === 0 ? '(without a name)' : parts.join('/');
}
